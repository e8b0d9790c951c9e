import { setTimeout as sleep } from "node:timers/promises";
import { IPCServer, type IPCServerOptions } from "ipc-eventer";
import { answer } from "../answer.ts";
import { type Footprint, footprint } from "../footprint.ts";
import { readBrief } from "../read-brief.ts";

/** A server whose handlers are slow, so that what its clients send has to wait. */
export interface VictimBrief {
  readonly endpoint: string;
  readonly options: IPCServerOptions;
}

/** The requests that the victim takes. */
export interface Victim {
  open(): Promise<void>;
  footprint(): Footprint;
  /** Errors that it was told of, by code; counting begins anew. */
  errors(): Readonly<Record<string, number>>;
}

const { endpoint, options } = readBrief<VictimBrief>();
const server = new IPCServer(endpoint, options);
let errors: Record<string, number> = {};

server.on("error", (error) => {
  const code = String(Reflect.get(error, "code"));
  errors[code] = (errors[code] ?? 0) + 1;
});
// A client of this name is never decided about.
server.use(async (socket) => {
  if (socket.name === "undecided") await sleep(60_000, undefined, { ref: false });
});
server.handle("echo", (value: unknown) => value);
server.handle("hang", hold);
server.handle("turn", () => sleep(2), { concurrency: 1 });
server.handle("take", (source: AsyncIterable<unknown>) => takeSlowly(source));
server.on("file", (file: AsyncIterable<unknown>) => void takeSlowly(file).catch(ignore));

/** Holds the data of a call until its answer is no longer waited for. */
function hold(data: unknown, { signal }: { readonly signal: AbortSignal }): Promise<unknown> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(data), { once: true });
  });
}

/** Reads a stream, a piece each second. */
async function takeSlowly(source: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of source) {
    if (piece !== undefined) await sleep(1_000);
  }
}

function ignore(): void {
  // A stream ends with its session.
}

const victim: Victim = {
  open: () => server.start(),
  footprint,
  errors() {
    const counted = errors;
    errors = {};
    return counted;
  },
};
answer(victim);
