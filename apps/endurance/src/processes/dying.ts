import { readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { IPCClient, IPCServer, type IPCSocket } from "ipc-eventer";
import { readBrief } from "../read-brief.ts";
import { protect } from "../endpoint.ts";

/** The way in which a process sends its last events and ends. */
export type Way =
  /** A client emits, then disconnects; that is not waited for. */
  | "disconnect"
  /** A server emits, then stops; that is not waited for. */
  | "stop"
  /** A client emits and unrefs; its main module ends there. */
  | "client unref"
  /** A server does. */
  | "server unref"
  /** A server stops while sessions, calls and flushes wait, and looks at what is left. */
  | "stop and look";

/** The last act of a process. */
export interface DyingBrief {
  readonly way: Way;
  readonly endpoint: string;
  readonly password: string | undefined;
  /** Bytes of the last words. */
  readonly size: number;
  /** The file to which `stop and look` writes what is left. */
  readonly remains: string;
}

/** The remains of a server that has stopped. */
export interface Remains {
  readonly files: readonly string[];
  /** The resources that keep the process alive, as Node.js names them. */
  readonly resources: readonly string[];
}

const { way, endpoint, password, size, remains } = readBrief<DyingBrief>();
// Nothing of this app's own shall hold the process, or be found at its end.
process.disconnect();
// node:net looks at these when it destroys a socket, and they stay open from then on.
const { stdout, stderr } = process;
const own = stdout.writable || stderr.writable ? process.getActiveResourcesInfo() : [];
const realm = "last words";
const words = "x".repeat(size);

if (way === "disconnect" || way === "client unref") {
  const client = new IPCClient(endpoint, { ...protect(password), realm, reconnect: true });
  const socket = await client.connect();
  socket.emit("words", words);
  if (way === "disconnect") void client.disconnect();
  else client.unref();
} else {
  const server = new IPCServer(endpoint, { ...protect(password), realm, recoveryWindow: 60_000 });
  server.on("connected", (socket) => {
    socket.on("now", () => void leave(server, socket));
  });
  await server.start();
}

/** The peer is ready to hear the last words. */
async function leave(server: IPCServer, socket: IPCSocket): Promise<void> {
  if (way === "stop and look") await entangle(server);
  socket.emit("words", words);
  if (way === "server unref") {
    server.unref();
    return;
  }
  await server.stop();
  if (way === "stop") return;
  await turn();
  const look: Remains = { files: readdirSync(dirname(endpoint)), resources: newResources() };
  writeFileSync(remains, JSON.stringify(look));
}

function newResources(): string[] {
  const known = [...own];
  return process.getActiveResourcesInfo().filter((resource) => {
    const place = known.indexOf(resource);
    if (place >= 0) known.splice(place, 1);
    return place < 0;
  });
}

/** Have a session that waits for a connection, and calls and flushes that are not answered. */
async function entangle(server: IPCServer): Promise<void> {
  while (server.sockets.every(({ connected }) => connected)) await turn();
  for (const socket of server.sockets) {
    socket.emit("note", "unread");
    socket.invoke("never answered").catch(() => undefined);
    socket.flush().catch(() => undefined);
  }
}
