// Plays systemd: holds sockets, accepts nothing, and runs one service after the other on them.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";

/** @type {number[]} */
const descriptors = [];
for (const path of process.argv.slice(2)) {
  const server = createServer();
  server.listen(path === "tcp" ? { host: "127.0.0.1", port: 0 } : { path });
  await once(server, "listening");
  const { _handle } = /** @type {{ _handle: { fd: number } }} */ (/** @type {unknown} */ (server));
  descriptors.push(_handle.fd);
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Reads one character of standard input. Waiting blocks the loop, so this process accepts nothing. */
function readCharacter() {
  const byte = Buffer.alloc(1);
  for (;;) {
    try {
      return readSync(0, byte) === 0 ? "\n" : byte.toString();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(never, 0, 0, 10);
    }
  }
}

/** The next order, a line. */
function readOrder() {
  let line = "";
  for (let next = readCharacter(); next !== "\n"; next = readCharacter()) line += next;
  return line;
}

for (let order = readOrder(); order !== ""; order = readOrder()) {
  const { args, env } = /** @type {{ args: string[], env: Record<string, string> }} */ (
    JSON.parse(order)
  );
  // The service's own id is known only in its own process: the shell becomes the service.
  const script = 'export LISTEN_PID="${LISTEN_PID:-$$}"; exec "$0" "$@"';
  spawnSync("sh", ["-c", script, process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", ...descriptors],
  });
  process.stdout.write("ended\n");
}
// The servers would hold it.
process.exit();
