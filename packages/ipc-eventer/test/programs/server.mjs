/* oxlint-disable -- plain JavaScript that prints, as users write it */
// server.mjs <options as JSON>: echoes and broadcasts, listens to no error, and reports what it saw.
import { subscribe } from "node:diagnostics_channel";
import { IPCServer } from "ipc-eventer";

const server = new IPCServer("meet", JSON.parse(process.argv[2]));

const codes = {};
subscribe("ipc-eventer:error", ({ error }) => {
  codes[error.code] = (codes[error.code] ?? 0) + 1;
});

let peak = 0;
setInterval(() => {
  try {
    peak = Math.max(peak, process.memoryUsage.rss());
  } catch {
    // To ask takes a file, and there may be none left.
  }
}, 5);

server.on("connected", (socket) => {
  socket.on("echo", (data) => socket.emit("echo", data));
});
server.on("broadcast", ({ event, data, times }) => {
  for (let n = 0; n < times; n++) server.broadcastAll(event, data);
});
server.on("kick", (data, socket) => {
  socket.emit("last", "x".repeat(219_263));
  socket.disconnect("enough");
});

process.on("message", async (wish) => {
  if (wish === "stop") {
    await server.stop();
    process.exit();
  }
  globalThis.gc?.();
  process.send({ codes, peak, memory: process.memoryUsage(), clients: server.sockets.length });
});

await server.start();
process.send("listening");
