import { Child } from "./child.ts";
import type { Plan } from "./plan.ts";
import type { LimitsRoutines } from "./processes/limits.ts";
import type { RawServerRoutines } from "./processes/raw-server.ts";
import { socketPath } from "./socket-path.ts";
import { spread, type Spread } from "./spread.ts";
import type { Stage } from "./stage.ts";

/** What bounds every contender on this machine under this Node. */
export interface Limits {
  bytesPerSecond: Spread;
  stringifiesPerSecond: Spread;
  parsesPerSecond: Spread;
}

const blocksPerRound = 4096;
const recordsPerRound = 500_000;

/** Measures the limits, in processes of their own. */
export async function measureLimits(stage: Stage, plan: Plan): Promise<Limits> {
  const path = socketPath(stage.directory, "limits");
  const bytes = 65_536 * Math.round(blocksPerRound * plan.share);
  const records = Math.round(recordsPerRound * plan.share);
  const server = new Child<RawServerRoutines>({
    label: "the server of the limits",
    module: "./processes/raw-server.js",
    values: [],
    stage,
  });
  const client = new Child<LimitsRoutines>({
    label: "the client of the limits",
    module: "./processes/limits.js",
    values: [],
    stage,
  });
  await server.routines.listen(path, bytes);
  await client.routines.connect(path);

  const measured = {
    bytes: new Array<number>(),
    stringifies: new Array<number>(),
    parses: new Array<number>(),
  };
  for (let round = 0; round < plan.warmUps + plan.rounds; round += 1) {
    measured.bytes.push(await client.routines.bytesPerSecond(bytes));
    measured.stringifies.push(await client.routines.stringifiesPerSecond(records));
    measured.parses.push(await client.routines.parsesPerSecond(records));
  }
  await Promise.all([client.end(), server.end()]);
  return {
    bytesPerSecond: spread(measured.bytes.slice(plan.warmUps)),
    stringifiesPerSecond: spread(measured.stringifies.slice(plan.warmUps)),
    parsesPerSecond: spread(measured.parses.slice(plan.warmUps)),
  };
}
