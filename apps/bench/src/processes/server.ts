import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../answer.ts";
import { contenderNamed } from "../contenders.ts";
import { cpuTime } from "../cpu-time.ts";
import { liveMemory, type LiveMemory } from "../live-memory.ts";
import { serve } from "../serve.ts";

const [name = "", path = ""] = process.argv.slice(2);

async function listen(): Promise<void> {
  const contender = await contenderNamed(name).load();
  await contender.listen(path, serve);
}

/** The memory in use once what was accepted has settled. */
async function memory(): Promise<LiveMemory> {
  await sleep(500);
  return liveMemory();
}

const routines = { listen, cpuTime, memory };

/** The routines of a contender's server process. */
export type ServerRoutines = typeof routines;

answer(routines);
