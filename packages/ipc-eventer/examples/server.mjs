import { IPCServer } from "ipc-eventer";

const server = new IPCServer("my-app", { password: "correct horse" });

server.on("listening", (name) => console.log(`serving ${name}`));

server.on("connected", (socket) => {
  console.log(`${socket.name} has connected`);
  socket.emit("message", `Welcome, ${socket.name}!`);
  socket.broadcast("message", `${socket.name} has joined.`);

  socket.on("echo", (data) => {
    socket.emit("echo", data);
  });
});

server.on("disconnected", (socket) => console.log(`${socket.name} has left`));
server.on("error", (error) => console.error(error.message));

server.start();
