import { IPCClient, IPCServer, type IPCServerSocket, type IPCSocket } from "ipc-eventer";

interface ToServer {
  echo(text: string): string;
  log(line: string): void;
}

interface ToClient {
  message(text: string): void;
}

const password = "known to both sides";

async function main(): Promise<void> {
  const server = new IPCServer<ToServer, ToClient>("quick-start", { password });
  server.on("connected", (socket: IPCServerSocket<ToServer, ToClient>) => {
    socket.broadcast("message", `${socket.name} joined`);
    // @ts-expect-error: a client hears no such event.
    socket.emit("echo", "hello");
  });
  server.handle("echo", (text) => text);
  await server.start();

  const first = new IPCClient<ToClient, ToServer>("quick-start", { name: "first", password });
  const joined = new Promise<string>((resolve) => first.on("message", resolve));
  await first.connect();

  const second = new IPCClient<ToClient, ToServer>("quick-start", { name: "second", password });
  const socket: IPCSocket<ToClient, ToServer> = await second.connect();
  // @ts-expect-error: only the server knows the other clients.
  void socket.broadcast;
  // @ts-expect-error: a line is text.
  void (() => socket.emit("log", 5));
  // @ts-expect-error: emit of the client is Node's own; a remote event goes by the socket.
  void (() => second.emit("log", "hello"));
  const echoed: string = await socket.invoke("echo", "hello");

  console.log(await joined);
  console.log(echoed);

  await first.disconnect();
  await second.disconnect();
  await server.stop();
}

void main();
