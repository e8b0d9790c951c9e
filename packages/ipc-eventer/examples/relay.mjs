import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("office");
// Asked about each message of one client for another: who may say what to whom.
server.relay((from, to, event) => event === "greet" || from.name === "Ada");
// Who is there, by name.
server.handle("who", (name) => server.sockets.find((socket) => socket.name === name)?.id);
await server.start();

async function enter(name) {
  const client = new IPCClient("office", { name });
  const socket = await client.connect();
  client.on("greet", (text, _, { from }) => console.log(`${from?.name} to ${name}: ${text}`));
  client.handle("double", (n, { from }) => `${2 * n}, dear ${from?.name}`);
  return { client, socket };
}
const ada = await enter("Ada");
const bob = await enter("Bob");

const toBob = ada.client.to(await ada.socket.invoke("who", "Bob"));
toBob.emit("greet", "hello");
console.log("Bob answers", await toBob.invoke("double", 21));

const toAda = bob.client.to(ada.socket.id);
await toAda.invoke("double", 1).catch((error) => console.log("Bob is told", error.code));
await ada.client
  .to("nobody")
  .invoke("double", 1)
  .catch((error) => console.log("Ada is told", error.code));

for (const { client } of [ada, bob]) await client.disconnect();
await server.stop();
