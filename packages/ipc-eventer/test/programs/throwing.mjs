/* oxlint-disable -- plain JavaScript that prints, as users write it */
// throwing.mjs <throws|rejects> <caught|not>: a listener fails on the second of four events.
import { IPCClient, IPCServer } from "ipc-eventer";

const [how, caught] = process.argv.slice(2);
const directory = process.env.PLACE;

if (caught === "caught") {
  process.on("uncaughtException", (error) => console.log(`uncaught ${error.message}`));
  process.on("unhandledRejection", (error) => console.log(`unhandled ${error.message}`));
}

const server = new IPCServer("throwing", { directory });
server.on("connected", (socket) => {
  socket.on("n", (n) => {
    console.log(`n ${n}`);
    if (n !== 2) return;
    if (how === "throws") throw new Error("boom");
    return Promise.reject(new Error("boom"));
  });
});
await server.start();
const client = new IPCClient("throwing", { directory });
const socket = await client.connect();
for (const n of [1, 2, 3, 4]) socket.emit("n", n);
await client.disconnect();
await server.stop();
console.log("done");
