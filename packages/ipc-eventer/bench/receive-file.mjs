// The process that copy-file.mjs copies to.
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { IPCServer } from "ipc-eventer";
import { watchMemory } from "./watch-memory.mjs";

const [, , directory = "", password] = process.argv;
const server = new IPCServer("copy", {
  directory,
  password: password === "" ? undefined : password,
});
server.handle("copy", save);
server.handle("nothing", () => undefined);
await server.start();

const address = join(directory, `raw-${process.pid}`);
const raw = createServer({ allowHalfOpen: true }, (socket) => {
  void save(socket).then((grown) => socket.end(String(grown)));
});
raw.listen(address, () => process.send?.(address));

/**
 * Writes what comes to a file, and answers by how many MiB this process grew.
 * @param {import("node:stream").Readable} body
 */
async function save(body) {
  const grown = watchMemory();
  await pipeline(body, createWriteStream(join(directory, "copy")));
  return grown();
}
