import { Session } from "node:inspector";

// Prints which files are loaded for what the arguments name; the debugger tells of each. With `call` a server and
// a client of ipc-eventer do their work as well, in plaintext.
const files = [];
const session = new Session();
session.connect();
session.post("Debugger.enable");
session.on("Debugger.scriptParsed", ({ params: { url } }) => {
  if (url.startsWith("file:") && url !== import.meta.url) files.push(url);
});
for (const name of process.argv.slice(2)) await (name === "call" ? call() : import(name));
session.disconnect();
console.log(JSON.stringify(files));

async function call() {
  const { IPCClient, IPCServer } = await import("ipc-eventer");
  const server = new IPCServer(`loaded-${process.pid}`);
  server.handle("add", ([a, b]) => a + b);
  await server.start();
  const client = new IPCClient(server.name);
  const socket = await client.connect();
  if ((await socket.invoke("add", [1, 2])) !== 3) throw new Error("wrong");
  await client.disconnect();
  await server.stop();
}
