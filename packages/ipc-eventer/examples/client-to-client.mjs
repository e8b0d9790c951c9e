import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("office");
// A call of one client for another: the server decides, and vouches for the sender.
server.handle("to", ({ name, event, data }, { socket, signal }) => {
  const other = server.sockets.find((one) => one.name === name);
  if (other === undefined) throw new Error(`${name} is not connected`);
  if (event === "double" && socket.name !== "Ada") throw new Error("only Ada may ask for that");
  const from = { id: socket.id, name: socket.name };
  return other.invoke(event, { from, data }, { signal });
});
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

await ada.socket.invoke("to", { name: "Bob", event: "greet", data: "hello" });
console.log(
  "Bob answers",
  await ada.socket.invoke("to", { name: "Bob", event: "double", data: 21 }),
);
for (const [who, name] of [
  [bob, "Ada"],
  [ada, "Cleo"],
]) {
  const asked = who.socket.invoke("to", { name, event: "double", data: 1 });
  await asked.catch((error) => console.log(error.message));
}

for (const { client } of [ada, bob]) await client.disconnect();
await server.stop();
