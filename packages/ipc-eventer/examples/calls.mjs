import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("calculator");
server.handle("divide", ({ dividend, divisor }) => {
  if (divisor === 0) throw Object.assign(new RangeError("by zero"), { code: "DIVISOR", dividend });
  return dividend / divisor;
});
server.handle("ponder", async (_question, { signal }) => {
  // The signal is aborted when the caller gives up or is gone.
  await sleep(60_000, undefined, { signal });
  return 42;
});
await server.start();

const client = new IPCClient("calculator");
const socket = await client.connect();
console.log(await socket.invoke("divide", { dividend: 84, divisor: 2 }));

await socket.invoke("divide", { dividend: 1, divisor: 0 }).catch((error) => {
  console.log(`${error.name}: ${error.message} (${error.code}, ${error.dividend})`);
});
await socket.invoke("ponder", "why?", { timeout: 50 }).catch((error) => console.log(error.code));
await socket.invoke("multiply").catch((error) => console.log(error.code));

// The server may ask as well.
client.handle("your name", () => "Ada");
const [remote] = server.sockets;
console.log(await remote?.invoke("your name"));

await client.disconnect();
await server.stop();
