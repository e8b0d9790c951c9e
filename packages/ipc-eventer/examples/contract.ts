import { IPCClient, IPCServer } from "ipc-eventer";

/** The events and calls of the server. */
interface ToServer {
  /** A call: it has an answer. */
  add(numbers: readonly number[]): number;
  /** An event: it has none. */
  log(line: string): void;
}

/** The events and calls of clients. */
interface ToClient {
  total(sum: number): void;
}

const server = new IPCServer<ToServer, ToClient>("totals");
let sum = 0;
server.handle("add", (numbers) => {
  for (const number of numbers) sum += number;
  server.broadcastAll("total", sum);
  return sum;
});
server.on("log", (line, socket) => console.log(`${socket.name}: ${line}`));
await server.start();

const client = new IPCClient<ToClient, ToServer>("totals", { name: "Ada" });
client.on("total", (total) => console.log(`the total is ${total.toFixed(2)}`));
const socket = await client.connect();
socket.emit("log", "hello");
const total = await socket.invoke("add", [1, 2.5]);
console.log(`and so it is: ${total.toFixed(2)}`);

await client.disconnect();
await server.stop();
