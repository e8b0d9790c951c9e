// user.mjs <uid> <renew interval>: becomes that user, and does what the test tells it, one order at a time.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import { createNodeTransport, TransportError } from "@ipc/transport";

const [user, renewInterval = 60_000] = process.argv.slice(2).map(Number);
// Once all modules are loaded: the user may be forbidden to enter the folder that they lie in.
if (user !== undefined && user !== 0) {
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
}
const transport = createNodeTransport({ renewInterval });
/** @type {Map<string, import("@ipc/transport").Listener>} */
const listeners = new Map();
/** @type {string[]} */
const told = [];

/** @type {import("@ipc/transport").Acceptor} */
const acceptor = {
  handleConnection(connection) {
    connection.attach({ handleChunk() {}, handleDrain() {}, handleClose() {} });
    connection.send(Buffer.from(String(process.getuid?.())));
    connection.close();
  },
  handleError: (error) => void told.push(describe(error)),
};

/**
 * @param {unknown} error
 * @returns {string}
 */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const byOthers = error instanceof TransportError && error.byOthers ? " by others" : "";
  return `${"code" in error ? String(error.code) : error.name}${byOthers}: ${error.message}`;
}

/** @type {Record<string, (first: string, second: string, options: object) => unknown>} */
const orders = {
  async listen(endpoint, _, options) {
    const listener = await transport.listen(endpoint, acceptor, options);
    listeners.set(endpoint, listener);
    return listener.address;
  },
  address: (endpoint) => listeners.get(endpoint)?.address,
  close: (endpoint) => listeners.get(endpoint)?.close(),
  /** Gives the user id that the server says. */
  async dial(endpoint, _, options) {
    const connection = await transport.dial(endpoint, options);
    let heard = "";
    await new Promise((resolve) => {
      connection.attach({
        handleChunk: (chunk) => void (heard += Buffer.from(chunk).toString()),
        handleDrain() {},
        handleClose: resolve,
      });
    });
    return `reached ${heard}`;
  },
  umask: (mask) => process.umask(mask),
  become: (uid) => process.setuid?.(Number(uid)),
  /** The errors that the listeners told since they were asked. */
  told: () => told.splice(0).join(" | "),
  mkdir: (path) => fs.mkdirSync(path),
  chmod: (path, mode) => fs.chmodSync(path, mode),
  symlink: (target, path) => fs.symlinkSync(target, path),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  write: (path) => fs.writeFileSync(path, ""),
};

/** @typedef {{ order: string, words: [first: string, second: string], options: object }} Message */

/** @param {Message} message */
async function obey({ order, words: [first, second], options }) {
  try {
    process.send?.(String(await orders[order]?.(first, second, options)));
  } catch (error) {
    process.send?.(describe(error));
  }
}

process.on("message", (/** @type {Message} */ message) => void obey(message));
// A test that was cut short leaves no process behind.
process.on("disconnect", () => process.exit());
process.send?.("ready");
