import { answer } from "../answer.ts";
import { isPairCase, type Measurement, type Prepared } from "../case.ts";
import { cases } from "../cases.ts";
import { connectAll } from "../connect-all.ts";
import type { Client, Contender } from "../contender.ts";
import { contenderNamed } from "../contenders.ts";
import { cpuTime } from "../cpu-time.ts";
import { firstEcho as prepareFirstEcho } from "../first-echo.ts";
import { liveMemory } from "../live-memory.ts";

const [name = "", path = ""] = process.argv.slice(2);
const preparedCases = new Map<string, Prepared>();
let contender: Contender | undefined;
let client: Client | undefined;
let idle: Client[] = [];

/** Loads the library. */
async function load(): Promise<void> {
  contender = await contenderNamed(name).load();
}

/** Connects the client that all cases share. */
async function connect(): Promise<void> {
  client = newClient();
  for (const benchCase of cases) {
    if (isPairCase(benchCase)) {
      preparedCases.set(benchCase.name, benchCase.prepare(client, newClient));
    }
  }
  await client.connect();
}

async function setUp(caseName: string): Promise<void> {
  await prepared(caseName).setUp?.();
}

/** Runs one round of a case; resolves with what it measured and the processor time in µs. */
async function round(
  caseName: string,
  operations: number,
): Promise<{ values: Measurement; cpuTime: number; ownServerTime: number }> {
  const run = prepared(caseName);
  const serverBefore = (await client?.serverCpuTime?.()) ?? 0;
  const before = cpuTime();
  const values = await run.round(operations);
  const took = cpuTime() - before;
  const ownServerTime = ((await client?.serverCpuTime?.()) ?? 0) - serverBefore;
  return { values, cpuTime: took, ownServerTime };
}

async function tearDown(caseName: string): Promise<void> {
  await prepared(caseName).tearDown?.();
}

/** Connects a client of its own until its first event has come back. */
async function firstEcho(): Promise<Measurement> {
  const echo = prepareFirstEcho(newClient());
  const before = cpuTime();
  const milliseconds = await echo();
  return { milliseconds, cpu: (cpuTime() - before) / 1000 };
}

/** Connects that many clients more, which stay; resolves with the bytes of heap they take together. */
async function crowd(clients: number): Promise<number> {
  const before = liveMemory();
  const more = Array.from({ length: clients }, newClient);
  await connectAll(more);
  idle = [...idle, ...more];
  return liveMemory().heap - before.heap;
}

function newClient(): Client {
  if (contender === undefined) throw new Error("Nothing is loaded.");
  return contender.client(path);
}

function prepared(caseName: string): Prepared {
  const found = preparedCases.get(caseName);
  if (found === undefined) throw new Error(`No case is named ${caseName}.`);
  return found;
}

const routines = { load, connect, setUp, round, tearDown, firstEcho, crowd };

/** The routines of a contender's client process. */
export type ClientRoutines = typeof routines;

answer(routines);
