/* oxlint-disable -- plain JavaScript that prints, as users write it */
// ends.mjs <story>: plays a story to its last line, and then whatever is open holds the process or not.
import { IPCClient, IPCServer } from "ipc-eventer";

const directory = process.env.PLACE;
const server = new IPCServer("ends", { directory });
const client = new IPCClient("ends", { directory, reconnect: true, reconnectInterval: 20_000 });
const pair = async () => {
  await server.start();
  return client.connect();
};
const event = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));

const stories = {
  "never started": async () => undefined,
  "started and stopped": async () => {
    await server.start();
    await server.stop();
  },
  "connected and disconnected": async () => {
    await pair();
    await client.disconnect();
    await server.stop();
  },
  "stopped under its client, which has no reconnect": async () => {
    await server.start();
    const once = new IPCClient("ends", { directory });
    await once.connect();
    const gone = event(once, "disconnected");
    await server.stop();
    await gone;
  },
  kicked: async () => {
    const socket = await pair();
    const kicked = event(client, "kicked");
    server.disconnectClient(socket.id);
    await kicked;
    await server.stop();
  },
  "a connect that failed": async () => {
    await new IPCClient("ends", { directory }).connect().catch(() => undefined);
  },
  "a connect that timed out": async () => {
    await client.connect({ timeout: 50 }).catch(() => undefined);
  },
  "a connect that was aborted": async () => {
    await client.connect({ signal: AbortSignal.timeout(50) }).catch(() => undefined);
  },
  "an unref'ed server": async () => {
    await server.start();
    server.unref();
  },
  "an unref'ed pair": async () => {
    await pair();
    server.unref();
    client.unref();
  },
  "a server unref'ed before it began": async () => {
    server.unref();
    await server.start();
  },
  "an unref'ed client that waits to reconnect": async () => {
    client.unref();
    client.connect({ timeout: 20_000 }).catch(() => undefined);
    await event(client, "error");
  },
  "a server that only its clients would hold": async () => {
    await pair();
    server.unref();
    client.unref();
    server.sockets[0].emit("x");
  },
  "await using": async () => {
    await pair();
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  },
  "holds: a server that listens": async () => {
    await server.start();
  },
  "holds: a client that is connected": async () => {
    await pair();
    server.unref();
  },
  "holds: a client that waits to reconnect": async () => {
    client.connect();
    client.on("error", () => undefined);
  },
  "holds: ref after unref": async () => {
    await server.start();
    server.unref().ref();
  },
};

// node:net looks at it whenever a socket is destroyed, and thereby opens it.
process.stderr;
const before = process.getActiveResourcesInfo();
await stories[process.argv[2]]();
// A promise that was just fulfilled is released when the loop turns.
await new Promise(setImmediate);
const after = process.getActiveResourcesInfo();
for (const kind of before) if (after.includes(kind)) after.splice(after.indexOf(kind), 1);
process.send(after);
