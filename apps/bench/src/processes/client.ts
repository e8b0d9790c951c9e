import { answer } from "../answer.ts";
import type { Round } from "../case.ts";
import { cases } from "../cases.ts";
import type { Contender } from "../contender.ts";
import { contenderNamed } from "../contenders.ts";
import { cpuTime } from "../cpu-time.ts";

const [name = "", path = ""] = process.argv.slice(2);
const rounds = new Map<string, Round>();

async function connect(): Promise<Contender["cannot"]> {
  const contender = await contenderNamed(name).load();
  const client = await contender.dial(path);
  for (const benchCase of cases) rounds.set(benchCase.name, benchCase.prepare(client));
  return contender.cannot;
}

/** Runs one round of a case; resolves with what it measured and the client's processor time in µs. */
async function round(
  caseName: string,
  operations: number,
): Promise<{ values: Record<string, number>; cpuTime: number }> {
  const run = rounds.get(caseName);
  if (run === undefined) throw new Error(`No case is named ${caseName}.`);
  const before = cpuTime();
  const values = await run(operations);
  return { values, cpuTime: cpuTime() - before };
}

const routines = { connect, round };

/** What the client process of a contender does on request. */
export type ClientRoutines = typeof routines;

answer(routines);
