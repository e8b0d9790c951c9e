import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("school");
server.on("connected", (socket) => {
  socket.join(socket.name === "Ada" ? "teachers" : "pupils");
});
// Only the server's own code joins rooms, so a room can say what a client may do.
server.handle("whisper", ({ to, text }, { socket }) => {
  if (!socket.rooms.has("teachers")) throw new Error("only teachers may whisper");
  server.to({ id: to }).emit("news", `${socket.name} whispers: ${text}`);
});
await server.start();

async function enter(name) {
  const client = new IPCClient("school", { name });
  client.on("news", (text) => console.log(`${name} hears: ${text}`));
  const socket = await client.connect();
  return { client, socket };
}
const ada = await enter("Ada");
const bob = await enter("Bob");
const cleo = await enter("Cleo");

server.to("pupils").emit("news", "the bell rings");
server.everyone.except("pupils").emit("news", "coffee is ready");
await ada.socket.invoke("whisper", { to: bob.socket.id, text: "wake up" });

ada.client.handle("how are you", () => "fine");
bob.client.handle("how are you", () => "tired");
const { replies, failures } = await server.everyone.invokeAll("how are you");
for (const { socket, reply } of replies) console.log(`${socket.name} is ${reply}`);
for (const { socket, error } of failures) console.log(`${socket.name}: ${error.code}`);

for (const { client } of [ada, bob, cleo]) await client.disconnect();
await server.stop();
