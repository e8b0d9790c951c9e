/* oxlint-disable -- plain JavaScript that prints, as users write it */
import { IPCClient } from "ipc-eventer";

const client = new IPCClient("quick-start", {
  name: process.argv[2],
  reconnect: true,
  reconnectInterval: 100,
});

client.on("connected", (socket) => {
  console.log(`connected as ${socket.name} (${socket.id})`);

  socket.on("message", (message) => {
    console.log("server says:", message);
  });
  socket.on("echo", (data) => {
    console.log("echo:", data);
  });

  socket.emit("echo", "Hello from client!");
});

client.on("message", (message) => {
  console.log("broadcast:", message);
});

client.connect();
