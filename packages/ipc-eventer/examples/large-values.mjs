import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("large-values");
let stored = Buffer.alloc(0);
server.handle("put", async (bytes) => {
  // The whole value, read back in a line.
  stored = Buffer.concat(await bytes.toArray());
  return stored.length;
});
// A Blob is a stream by itself.
server.handle("get", () => new Blob([stored]));
server.handle("double", (number) => 2 * number);
await server.start();

const client = new IPCClient("large-values");
const socket = await client.connect();
// More than one message may have.
const large = randomBytes(40 * 1024 * 1024);
const put = socket.invoke("put", Readable.from([large], { objectMode: false }), { timeout: 0 });
const small = socket.invoke("double", 21);
const first = await Promise.race([put, small]);
console.log("answered first:", first);
console.log("bytes stored:", await put);

const body = await socket.invoke("get", undefined, { timeout: 0 });
console.log("the same comes back:", Buffer.concat(await body.toArray()).equals(large));

client.disconnect();
await server.stop();
