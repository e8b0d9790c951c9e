import { setImmediate as turn } from "node:timers/promises";
import { IPCServer, type IPCServerOptions, type IPCServerSocket } from "ipc-eventer";
import { answer } from "../answer.ts";
import { type Footprint, footprint } from "../footprint.ts";
import { processorTime } from "../processor-time.ts";
import { readBrief } from "../read-brief.ts";

/** A server that sends to all clients as fast as the reading ones receive. */
export interface BroadcasterBrief {
  readonly endpoint: string;
  readonly options: IPCServerOptions;
}

/** The figures of the server during a broadcast. */
export interface BroadcastFigures {
  /** Events sent to each client. */
  readonly sent: number;
  readonly seconds: number;
  /** Microseconds of processor time that the server has had meanwhile. */
  readonly processorTime: number;
  /** Most bytes that V8 and its buffers held after a collection, whenever all readers had heard everything. */
  readonly heldBytes: number;
  /** Most bytes of memory that the process had. */
  readonly residentBytes: number;
}

/** The requests that the broadcaster takes. */
export interface Broadcaster {
  open(): Promise<void>;
  /** Clients that have a session, with or without a connection. */
  sessions(): number;
  /** The ends of sessions and the reports of dropped events so far, by their codes and reasons. */
  ends(): Record<string, number>;
  /** Send so many events of so many bytes, in step with all clients but the stuck ones. */
  broadcast(events: number, size: number): Promise<BroadcastFigures>;
  /** Send so many bytes to each client, in events of so many bytes, whether or not they go. */
  burden(bytes: number, size: number): void;
  footprint(): Footprint;
}

/** Bytes sent to each client before all are to have heard half of that. */
const aheadBytes = 512 * 1024;

const { endpoint, options } = readBrief<BroadcasterBrief>();
const server = new IPCServer(endpoint, options);
const ends: Record<string, number> = {};
const isStuck = ({ name }: IPCServerSocket): boolean => name === "stuck";

server.on("disconnected", (_, { reason }) => count(reason));
server.on("error", (error) => count("code" in error ? String(error.code) : error.message));

function count(what: string): void {
  ends[what] = (ends[what] ?? 0) + 1;
}

const broadcaster: Broadcaster = {
  open: () => server.start(),
  sessions: () => server.sockets.length,
  ends: () => ends,
  async broadcast(events, size) {
    const body = "x".repeat(size);
    const readers = server.sockets.filter((socket) => !isStuck(socket));
    const step = Math.ceil(aheadBytes / 2 / size);
    const [begun, spent] = [performance.now(), processorTime()];
    let [sent, heldBytes, residentBytes, lookedAt] = [0, 0, 0, begun];
    let before = Promise.resolve();
    while (sent < events) {
      const end = Math.min(events, sent + step);
      while (sent < end) server.broadcastAll("news", { sent: sent++, body });
      const heard = Promise.all(readers.map((reader) => reader.flush())).then(() => undefined);
      await before;
      before = heard;
      residentBytes = Math.max(residentBytes, process.memoryUsage.rss());
      if (performance.now() > lookedAt + 1000) {
        // Events on their way to the other clients are not counted.
        await heard;
        heldBytes = Math.max(heldBytes, footprint().held);
        lookedAt = performance.now();
      }
      await turn();
    }
    await before;
    const seconds = (performance.now() - begun) / 1000;
    return {
      sent,
      seconds,
      processorTime: processorTime() - spent,
      heldBytes: Math.max(heldBytes, footprint().held),
      residentBytes,
    };
  },
  burden(bytes, size) {
    for (const socket of server.sockets) {
      // Text of its own for each: what is sent to all is held once.
      const body = socket.id.padEnd(size, "x");
      for (let sent = 0; sent < bytes; sent += size) socket.emit("news", { sent, body });
    }
  },
  footprint,
};
answer(broadcaster);
