import { once } from "node:events";
import { IPCClient, IPCServer } from "ipc-eventer";

const server = new IPCServer("many-events");
let received = 0;
server.on("line", () => {
  received += 1;
});
await server.start();

const client = new IPCClient("many-events");
const socket = await client.connect();
for (let number = 0; number < 100_000; number += 1) {
  // False says: enough for now. The event is kept; `drain` says when to go on.
  if (!socket.emit("line", { number, text: "some text" })) {
    if (socket.closed) break;
    await new Promise((resolve) => {
      socket.once("drain", resolve);
    });
  }
}
// All events are sent before the session is closed.
client.disconnect();
await once(server, "disconnected");
console.log(`${received} lines have arrived`);
await server.stop();
