import type { Case, Metric } from "./case.ts";
import { cpuMetric, type CaseResult, type ContenderResult } from "./case-result.ts";
import type { Measurement, Pair } from "./pair.ts";
import type { Plan } from "./plan.ts";
import { ratioSpread, spread, type Spread } from "./spread.ts";

/** Runs one case on all contenders, their rounds interleaved, each round begun by another one. */
export async function runCase(
  benchCase: Case,
  pairs: readonly Pair[],
  plan: Plan,
): Promise<CaseResult> {
  const operations = Math.max(1, Math.round(benchCase.operations * plan.share));
  const metrics = [...benchCase.metrics, cpuMetric];
  const reasons = new Map(pairs.map((pair) => [pair, reasonAgainst(pair, benchCase)]));
  const able = pairs.filter((pair) => reasons.get(pair) === undefined);
  const rounds = new Map(able.map((pair): [Pair, Measurement[]] => [pair, []]));

  for (let round = 0; round < plan.warmUps + plan.rounds; round += 1) {
    const first = round % able.length;
    for (const pair of [...able.slice(first), ...able.slice(0, first)]) {
      const measurement = await pair.round(benchCase, operations);
      if (round >= plan.warmUps) rounds.get(pair)?.push(measurement);
    }
  }

  const contenders = pairs.map((pair): ContenderResult => {
    const contender = pair.entry.name;
    const own = rounds.get(pair);
    if (own === undefined) return { contender, reason: reasons.get(pair) ?? "" };
    const others = able
      .slice(0, able.indexOf(pair))
      .map((other): [string, Measurement[]] => [other.entry.name, rounds.get(other) ?? []]);
    return {
      contender,
      rounds: own,
      values: each(metrics, (key) => spread(column(own, key))),
      ratios: Object.fromEntries(
        others.map(([name, other]) => [
          name,
          each(metrics, (key) => ratioSpread(column(own, key), column(other, key))),
        ]),
      ),
    };
  });
  const { name, title } = benchCase;
  return { name, title, operations, metrics, contenders };
}

function reasonAgainst(pair: Pair, { needs }: Case): string | undefined {
  return needs.map((feature) => pair.cannot[feature]).find((reason) => reason !== undefined);
}

function each(
  metrics: readonly Metric[],
  measure: (key: string) => Spread,
): Record<string, Spread> {
  return Object.fromEntries(metrics.map(({ key }) => [key, measure(key)]));
}

function column(rounds: readonly Measurement[], key: string): number[] {
  return rounds.map((round) => round[key] ?? Number.NaN);
}
