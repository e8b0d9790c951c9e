import { setImmediate as turn } from "node:timers/promises";
import { IPCClient, type IPCClientOptions } from "ipc-eventer";
import { answer } from "../answer.ts";
import { processorTime } from "../processor-time.ts";
import { readBrief } from "../read-brief.ts";

/** A client of several servers, which sends to one at a time as fast as that one takes it. */
export interface PourerBrief {
  readonly endpoints: readonly string[];
  readonly options: IPCClientOptions;
}

/** The requests that the pourer takes. */
export interface Pourer {
  open(): Promise<void>;
  /** Send so many events to a server. Answers the seconds until it has heard the last one. */
  pour(index: number, count: number): Promise<number>;
  /** Microseconds of processor time since the start. */
  processorTime(): number;
}

/** Events emitted before the loop may turn. */
const burst = 500;

const { endpoints, options } = readBrief<PourerBrief>();
const clients = endpoints.map((endpoint) => new IPCClient(endpoint, options));

const pourer: Pourer = {
  async open() {
    await Promise.all(clients.map((client) => client.connect()));
  },
  async pour(index, count) {
    const socket = clients[index]?.socket;
    if (socket === undefined) throw new Error("not connected");
    const event = { user: "ada", text: "the quick brown fox", at: 1_700_000_000_000, ok: true };
    const begun = performance.now();
    for (let sent = 0; sent < count;) {
      let isRoom = true;
      for (const end = Math.min(count, sent + burst); sent < end; sent++) {
        isRoom = socket.emit("load", event);
      }
      await (isRoom
        ? turn()
        : new Promise<void>((resolve) => socket.once("drain", () => resolve())));
    }
    // A call goes behind the events.
    await socket.invoke("echo", 1);
    return (performance.now() - begun) / 1000;
  },
  processorTime,
};
answer(pourer);
