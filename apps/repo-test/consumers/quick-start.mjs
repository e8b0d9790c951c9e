import { IPCClient, IPCServer } from "ipc-eventer";

const password = "known to both sides";

const server = new IPCServer("quick-start", { password });
server.on("connected", (socket) => {
  socket.broadcast("message", `${socket.name} joined`);
  socket.on("echo", (text) => socket.emit("echo", text));
});
await server.start();

const first = new IPCClient("quick-start", { name: "first", password });
const joined = new Promise((resolve) => first.on("message", resolve));
await first.connect();

const second = new IPCClient("quick-start", { name: "second", password });
const socket = await second.connect();
const echoed = new Promise((resolve) => socket.on("echo", resolve));
socket.emit("echo", "hello");

console.log(await joined);
console.log(await echoed);

await first.disconnect();
await second.disconnect();
await server.stop();
