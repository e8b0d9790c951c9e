import type { Limits } from "./limits.ts";
import type { Plan } from "./plan.ts";
import { spread, type Spread } from "./spread.ts";

/** A limit of every contender. */
export interface LimitResult {
  title: string;
  values: Spread;
}

/** Measures every limit by itself, in turns. */
export async function measureLimits(limits: Limits, plan: Plan): Promise<LimitResult[]> {
  const { share } = plan;
  const measures: { title: string; measure: () => Promise<number> }[] = [
    { title: "MB/s over a bare connection of node:net", measure: () => limits.rawMegabytes(share) },
    { title: "MB/s of AES-256-GCM of node:crypto", measure: () => limits.aesMegabytes(share) },
    { title: "JSON.stringify/s, 70 bytes", measure: () => limits.stringifies(share) },
    { title: "JSON.parse/s, 70 bytes", measure: () => limits.parses(share) },
    {
      title: "the slower of both/s, on two cores at once",
      measure: () => limits.recordsOnTwoCores(share),
    },
  ];
  const measured = measures.map(() => new Array<number>());
  for (let round = 0; round < plan.warmUps + plan.rounds; round += 1) {
    for (const [place, { measure }] of measures.entries()) {
      const value = await measure();
      if (round >= plan.warmUps) measured[place]?.push(value);
    }
  }
  return measures.map(({ title }, place) => ({ title, values: spread(measured[place] ?? []) }));
}
