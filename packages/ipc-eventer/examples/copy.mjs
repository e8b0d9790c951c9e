import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { IPCClient, IPCServer } from "ipc-eventer";

const folder = mkdtempSync(join(tmpdir(), "copy-"));
const [source, target] = [import.meta.filename, join(folder, "copy.mjs")];

const server = new IPCServer("copy");
// The copy, on the server's side: what arrives is a Readable.
server.handle("save", (file) => pipeline(file, createWriteStream(target)));
// A reply may be a stream too: here of values, made while they are read.
server.handle("count", async function* count(to) {
  for (let number = 1; number <= to; number += 1) yield number;
});
await server.start();

const client = new IPCClient("copy");
const socket = await client.connect();
// The copy, on the client's side: done when the server has written all of it.
await socket.invoke("save", createReadStream(source));
console.log("the copy is the same:", readFileSync(source).equals(readFileSync(target)));
for await (const number of await socket.invoke("count", 3))
  console.log(`the server counts ${number}`);

client.disconnect();
await server.stop();
rmSync(folder, { recursive: true });
