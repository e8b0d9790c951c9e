import { IPCClient, IPCServer, type IPCServerSocket, type IPCSocket } from "ipc-eventer";

const password = "known to both sides";

async function main(): Promise<void> {
  const server = new IPCServer("quick-start", { password });
  server.on("connected", (socket: IPCServerSocket) => {
    socket.broadcast("message", `${socket.name} joined`);
    socket.on("echo", (text: string) => socket.emit("echo", text));
  });
  await server.start();

  const first = new IPCClient("quick-start", { name: "first", password });
  const joined = new Promise<string>((resolve) => first.on("message", resolve));
  await first.connect();

  const second = new IPCClient("quick-start", { name: "second", password });
  const socket: IPCSocket = await second.connect();
  // @ts-expect-error: only the server knows the other clients.
  void socket.broadcast;
  const echoed = new Promise<string>((resolve) => socket.on("echo", resolve));
  socket.emit("echo", "hello");

  console.log(await joined);
  console.log(await echoed);

  await first.disconnect();
  await second.disconnect();
  await server.stop();
}

void main();
