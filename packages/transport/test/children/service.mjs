// Listens on descriptors, says what came of each, and serves until it is sent "stop".
import { spawnSync } from "node:child_process";
import process from "node:process";
import { createNodeTransport, TransportError } from "@ipc/transport";

const wanted = /** @type {[name: string, fd: number | "systemd"][]} */ (
  JSON.parse(process.argv[2] ?? "[]")
);
const transport = createNodeTransport();
/** @type {import("@ipc/transport").Listener[]} */
const listeners = [];

/** @param {string} name */
function greeter(name) {
  return {
    handleConnection(/** @type {import("@ipc/transport").Connection} */ connection) {
      connection.attach({
        handleChunk(chunk) {
          connection.send(`${name} heard ${Buffer.from(chunk).toString()}`);
          if (Buffer.from(chunk).toString() !== "stop") return;
          connection.close();
          for (const listener of listeners) void listener.close();
        },
        handleDrain() {},
        handleClose() {},
      });
    },
    handleError() {},
  };
}

for (const [name, fd] of wanted) {
  try {
    const listener = await transport.listen(name, greeter(name), { fd });
    listeners.push(listener);
    process.stdout.write(`${name} on ${listener.address}\n`);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    process.stdout.write(`${name} ${error.code}: ${error.message}\n`);
  }
}
const { stdout } = spawnSync("sh", [
  "-c",
  'echo "variables: $LISTEN_PID$LISTEN_FDS$LISTEN_FDNAMES"',
]);
process.stdout.write(stdout);
