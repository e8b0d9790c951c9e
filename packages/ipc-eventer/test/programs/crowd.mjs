/* oxlint-disable -- plain JavaScript that prints, as users write it */
// crowd.mjs <clients>: connects so many clients, and reports when each has heard the news.
import { IPCClient } from "ipc-eventer";

const clients = Array.from(
  { length: Number(process.argv[2]) },
  () =>
    new IPCClient("meet", { directory: process.env.PLACE, reconnect: true, reconnectInterval: 50 }),
);

const began = performance.now();
const sockets = await Promise.all(clients.map((client) => client.connect()));
process.send({
  connected: sockets.length,
  ids: new Set(sockets.map(({ id }) => id)).size,
  took: performance.now() - began,
});

let heard = 0;
await new Promise((resolve) => {
  for (const socket of sockets) {
    socket.on("news", (data) => {
      if (data === "hello, crowd" && ++heard === sockets.length) resolve();
    });
  }
});
process.send({ heard });
await Promise.all(clients.map((client) => client.disconnect()));
