import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient, type IPCClientOptions, type IPCSocket } from "ipc-eventer";
import { answer } from "../answer.ts";
import { type Footprint, footprint } from "../footprint.ts";
import { readBrief } from "../read-brief.ts";
import { seeded } from "../seeded.ts";

/** Clients that come and go, and do all that a client can. */
export interface RestlessBrief {
  readonly endpoint: string;
  readonly size: number;
  readonly seed: number;
  readonly options: IPCClientOptions;
}

/** The number of times that each action was taken. */
export interface Deeds {
  connects: number;
  drops: number;
  recoveries: number;
  events: number;
  calls: number;
  cancellations: number;
  flushes: number;
  /** Calls and flushes that failed because their session was lost. */
  failures: number;
}

/** The requests that the restless takes. */
export interface Restless {
  /** Be busy for so many milliseconds; after that all are connected, and nothing is under way. */
  act(duration: number): Promise<Deeds>;
  footprint(): Footprint;
}

const { endpoint, size, seed, options } = readBrief<RestlessBrief>();
const random = seeded(seed);
const deeds: Deeds = {
  connects: 0,
  drops: 0,
  recoveries: 0,
  events: 0,
  calls: 0,
  cancellations: 0,
  flushes: 0,
  failures: 0,
};

const clients = Array.from({ length: size }, () => {
  const client = new IPCClient(endpoint, options);
  client.on("error", () => undefined);
  client.on("connect", ({ recovered }) => {
    if (recovered) deeds.recoveries++;
    else deeds.connects++;
  });
  client.on("disconnect", () => deeds.drops++);
  return client;
});

async function actOne(client: IPCClient, until: number): Promise<void> {
  while (performance.now() < until) {
    const socket = await client.connect();
    await tolerate(doSomething(client, socket));
    await sleep(random() * 4);
  }
  await client.connect();
}

async function doSomething(client: IPCClient, socket: IPCSocket): Promise<void> {
  const draw = random();
  if (draw < 0.02) {
    await client.disconnect();
  } else if (draw < 0.5) {
    deeds.events += 20;
    for (let count = 0; count < 20; count++) socket.emit("load", "x".repeat(random() * 1_000));
  } else if (draw < 0.7) {
    deeds.calls++;
    await socket.invoke("echo", Buffer.alloc(random() * 100_000));
  } else if (draw < 0.85) {
    deeds.cancellations++;
    const signal = AbortSignal.timeout(Math.floor(random() * 20));
    await socket.invoke("later", 10 + random() * 20, { signal });
  } else {
    deeds.flushes++;
    await socket.flush({ timeout: 5_000 });
  }
}

async function tolerate(deed: Promise<void>): Promise<void> {
  try {
    await deed;
  } catch (error) {
    const cancelled =
      error instanceof Error && "code" in error && error.code === "IPC_CALL_CANCELLED";
    if (!cancelled) deeds.failures++;
  }
}

const restless: Restless = {
  async act(duration) {
    const until = performance.now() + duration;
    await Promise.all(clients.map((client) => actOne(client, until)));
    return deeds;
  },
  footprint,
};
answer(restless);
