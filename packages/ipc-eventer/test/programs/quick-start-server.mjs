/* oxlint-disable -- plain JavaScript that prints, as users write it */
import { IPCServer } from "ipc-eventer";

const server = new IPCServer("quick-start");

server.on("listening", (pipeName) => {
  console.log(`listening on ${pipeName}`);
});

server.on("connected", (socket) => {
  console.log(`connected: ${socket.name} (${socket.id})`);

  socket.emit("message", `Welcome, ${socket.name}!`);
  socket.broadcast("message", `${socket.name} joined!`);

  socket.on("echo", (data) => {
    console.log(`echo from ${socket.name}:`, data);
    socket.emit("echo", data);
  });
});

server.on("disconnected", (socket) => {
  console.log(`disconnected: ${socket.name} (${socket.id})`);
});

server.start();
