/* oxlint-disable -- plain JavaScript that ends in the middle, as programs of users do */
// exit.mjs <side> <how> <count> <size>: emits so many events of so many characters and ends in the same tick.
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { IPCClient, IPCServer } from "ipc-eventer";

const args = isMainThread ? process.argv.slice(2) : workerData;
const [side, how, count, size] = args;
const directory = process.env.PLACE;
const password = process.env.PASSWORD;
const options = password === undefined ? { directory } : { directory, password };

if (isMainThread && how.startsWith("worker")) {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: [side, how.slice("worker ".length), count, size],
  });
  worker.on("error", () => undefined);
} else if (side === "client") {
  const client = new IPCClient("exit", options);
  const socket = await client.connect();
  end((event, data) => socket.emit(event, data), socket);
  if (how === "ends by itself") client.unref();
} else {
  const server = new IPCServer("exit", options);
  await server.start();
  if (isMainThread) process.send("listens");
  server.on("ready", (_, socket) => {
    const emit =
      side === "broadcast"
        ? (event, data) => server.broadcastAll(event, data)
        : (event, data) => socket.emit(event, data);
    setImmediate(() => end(emit, socket));
  });
}

function end(emit, socket) {
  const say = () => {
    for (let n = 0; n < Number(count); n++) emit("line", { n, text: "x".repeat(Number(size)) });
  };
  if (how === "within a listener") {
    socket.on("now", () => {
      say();
      process.exit();
    });
    socket.emit("ask");
  } else if (how === "within exit") {
    process.on("exit", say);
    process.exit();
  } else {
    say();
    if (how === "throw") throw new Error("a mistake");
    if (how === "exit") process.exit();
  }
}
