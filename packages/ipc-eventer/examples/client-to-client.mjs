import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("office");
// The events that clients may send to each other. The sender chooses the event, so the server has the list.
const forOthers = new Set(["greet", "double"]);
// A call of one client for another: the server decides, and vouches for the id of the sender.
server.handle("to", ({ id, event, data }, { socket, signal }) => {
  if (!forOthers.has(event)) throw new Error(`${event} is not for other clients`);
  const other = server.getSocket(id);
  if (other === undefined) throw new Error("no such client is connected");
  return other.invoke(event, { from: { id: socket.id, name: socket.name }, data }, { signal });
});
// The clients by name: a client chooses its name, which proves nothing.
server.handle("who", (name) => server.sockets.find((socket) => socket.name === name)?.id);
await server.start();

async function enter(name) {
  const client = new IPCClient("office", { name });
  const socket = await client.connect();
  client.handle("greet", ({ from, data }) => console.log(`${from.name} to ${name}: ${data}`));
  client.handle("double", ({ from, data }) => `${2 * data}, dear ${from.name}`);
  return { client, socket };
}
const ada = await enter("Ada");
const bob = await enter("Bob");

const id = await ada.socket.invoke("who", "Bob");
await ada.socket.invoke("to", { id, event: "greet", data: "hello" });
console.log("Bob answers", await ada.socket.invoke("to", { id, event: "double", data: 21 }));
for (const message of [
  { id, event: "leave", data: 1 },
  { id: "unknown", event: "double", data: 1 },
]) {
  await ada.socket.invoke("to", message).catch((error) => console.log(error.message));
}

for (const { client } of [ada, bob]) await client.disconnect();
await server.stop();
