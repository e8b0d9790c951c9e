import { setImmediate as turn } from "node:timers/promises";
import { IPCServer } from "ipc-eventer";
import { answer } from "../answer.ts";
import { footprint } from "../footprint.ts";
import { readBrief } from "../read-brief.ts";

/** A server that says a value that changes all the time, and only the newest matters. */
export interface TickerBrief {
  readonly endpoint: string;
}

/** The figures of the server during some time of ticking. */
export interface TickFigures {
  /** Values emitted. */
  readonly emitted: number;
  /** Values whose place a newer one took before they left. */
  readonly replaced: number;
  /** The last value. */
  readonly last: number;
  /** Most bytes that V8 and its buffers held after a collection. */
  readonly heldBytes: number;
}

/** The requests that the ticker takes. */
export interface Ticker {
  open(): Promise<void>;
  /** Emit for so many milliseconds, as fast as this process can, in events of so many bytes. */
  tick(milliseconds: number, size: number): Promise<TickFigures>;
}

/** Values emitted before the event loop turns. */
const burst = 1000;

const { endpoint } = readBrief<TickerBrief>();
const server = new IPCServer(endpoint, { heartbeatInterval: 0 });
let last = 0;

const ticker: Ticker = {
  open: () => server.start(),
  async tick(milliseconds, size) {
    const body = "x".repeat(size);
    const [socket] = server.sockets;
    if (socket === undefined) throw new Error("no client");
    const until = performance.now() + milliseconds;
    let [emitted, heldBytes, lookedAt] = [0, 0, 0];
    while (performance.now() < until) {
      for (let end = emitted + burst; emitted < end; emitted++) {
        socket.emit("price", { value: ++last, body }, { conflate: "price" });
      }
      if (performance.now() > lookedAt + 200) {
        heldBytes = Math.max(heldBytes, footprint().held);
        lookedAt = performance.now();
      }
      await turn();
    }
    const { dropped } = socket.stats();
    return { emitted, replaced: dropped["price"] ?? 0, last, heldBytes };
  },
};
answer(ticker);
