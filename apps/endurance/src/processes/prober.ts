import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient, type IPCClientOptions, type IPCSocket } from "ipc-eventer";
import { answer } from "../answer.ts";
import { readBrief } from "../read-brief.ts";

/** A client with two connections that asks over both for signs of life. */
export interface ProberBrief {
  readonly endpoint: string;
  readonly options: IPCClientOptions;
}

/** Milliseconds from question to answer. */
export interface Delays {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Over one connection. */
export interface Signs {
  readonly ping: Delays;
  readonly call: Delays;
}

/** Over both, at the same time. */
export interface Probe {
  readonly busy: Signs;
  readonly idle: Signs;
  readonly seconds: number;
}

/** The requests that the prober takes. */
export interface Prober {
  open(): Promise<void>;
  /** Probe both connections for so many milliseconds. */
  probe(duration: number): Promise<Probe>;
  close(): Promise<void>;
}

/** Milliseconds between two questions. */
const rest = 2;

const { endpoint, options } = readBrief<ProberBrief>();
const clients = [new IPCClient(endpoint, options), new IPCClient(endpoint, options)] as const;

async function probeWhile(work: (socket: IPCSocket) => Promise<void>): Promise<Probe> {
  const [busy, idle] = await Promise.all(clients.map((client) => client.connect()));
  if (busy === undefined || idle === undefined) throw new Error("not connected");
  const over = new AbortController();
  const begun = performance.now();
  const probes = [askFor(busy, over.signal), askFor(idle, over.signal)] as const;
  await work(busy);
  const seconds = (performance.now() - begun) / 1000;
  over.abort();
  const [busySigns, idleSigns] = await Promise.all(probes);
  return { busy: busySigns, idle: idleSigns, seconds };
}

/** Ask one question after the other, until it is over. */
async function askFor(socket: IPCSocket, signal: AbortSignal): Promise<Signs> {
  const [ping, call] = [createHistogram(), createHistogram()];
  while (!signal.aborted) {
    const pong = new Promise<void>((resolve) => {
      socket.once("user-pong", () => resolve());
    });
    await measure(ping, async () => {
      socket.userPing();
      await pong;
    });
    await measure(call, async () => {
      await socket.invoke("echo", 1);
    });
    await sleep(rest);
  }
  return { ping: delaysOf(ping), call: delaysOf(call) };
}

async function measure(histogram: RecordableHistogram, act: () => Promise<void>): Promise<void> {
  const begun = process.hrtime.bigint();
  await act();
  histogram.record(process.hrtime.bigint() - begun);
}

function delaysOf(histogram: RecordableHistogram): Delays {
  const { count, max } = histogram;
  const [p50, p99] = [histogram.percentile(50), histogram.percentile(99)];
  return { count, p50: p50 / 1e6, p99: p99 / 1e6, max: max / 1e6 };
}

const prober: Prober = {
  async open() {
    await Promise.all(clients.map((client) => client.connect()));
  },
  probe: (duration) => probeWhile(() => sleep(duration)),
  async close() {
    await Promise.all(clients.map((client) => client.disconnect()));
  },
};
answer(prober);
