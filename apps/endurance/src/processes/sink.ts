import { setTimeout as sleep } from "node:timers/promises";
import { IPCServer, type IPCServerOptions } from "ipc-eventer";
import { answer } from "../answer.ts";
import { type Footprint, footprint } from "../footprint.ts";
import { processorTime } from "../processor-time.ts";
import { readBrief } from "../read-brief.ts";

/** A server that takes whatever comes and answers calls, some at once and some later. */
export interface SinkBrief {
  readonly endpoint: string;
  readonly options: IPCServerOptions;
}

/** The requests that the sink takes. */
export interface Sink {
  open(): Promise<void>;
  /** Events and bytes of them that have come. */
  taken(): { readonly events: number; readonly bytes: number };
  footprint(): Footprint;
  /** Microseconds of processor time since the start. */
  processorTime(): number;
}

const { endpoint, options } = readBrief<SinkBrief>();
const server = new IPCServer(endpoint, options);
let [events, bytes] = [0, 0];

server.on("load", (load: { readonly length: number }) => {
  events++;
  bytes += load.length;
});
server.on("error", () => undefined);
server.handle("echo", (value: unknown) => value);
server.handle("later", async (delay: number, { signal }) => sleep(delay, "done", { signal }));

const sink: Sink = {
  open: () => server.start(),
  taken: () => ({ events, bytes }),
  footprint,
  processorTime,
};
answer(sink);
