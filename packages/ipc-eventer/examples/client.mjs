import { IPCClient } from "ipc-eventer";

const client = new IPCClient("my-app", {
  password: "correct horse",
  name: "Ada",
  reconnect: true,
});

client.on("connected", (socket) => {
  socket.on("message", (text) => console.log(`the server says: ${text}`));
  socket.on("echo", (data) => console.log("the echo:", data));
  socket.emit("echo", { text: "hello", bytes: Buffer.from([1, 2, 3]) });
});

client.on("error", (error) => console.error(error.message));

client.connect();
