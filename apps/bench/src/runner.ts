import { isPairCase, type Case, type Measurement } from "./case.ts";
import { reasonAgainstNode } from "./contenders.ts";
import type { Entry } from "./contender.ts";
import type { Lab } from "./lab.ts";
import type { Pair } from "./pair.ts";
import type { Plan } from "./plan.ts";

/** A row of a case's table: a contender, a limit or a baseline, and how one round of it is run. */
export interface Runner {
  readonly name: string;
  /** Why it does not take part. */
  readonly reason?: string;
  readonly setUp?: () => Promise<void>;
  readonly round: () => Promise<Measurement>;
  readonly tearDown?: () => Promise<void>;
}

/** Operations of one round of a pair case. */
export function operationsOf(benchCase: Case, plan: Plan): number | undefined {
  if (!isPairCase(benchCase)) return undefined;
  return Math.max(1, Math.round(benchCase.operations * plan.share));
}

/** Everything that has a row in a case's table: what bounds the contenders, then they. */
export function runnersOf(benchCase: Case, lab: Lab, plan: Plan): Runner[] {
  const contenders = lab.entries
    // A reference that has nothing to do with the case would only be in the way.
    .filter((entry) => entry.kind !== "reference" || reasonAgainst(entry, benchCase) === undefined)
    .map((entry) => contenderRunner(entry, benchCase, lab, plan));
  return [...bounds(benchCase, lab, plan), ...contenders];
}

function bounds(benchCase: Case, { limits, stage }: Lab, plan: Plan): Runner[] {
  if (isPairCase(benchCase)) {
    return (benchCase.limits ?? []).map(({ name, metric, measure }) => ({
      name,
      round: async () => ({ [metric]: await measure(limits, plan.share) }),
    }));
  }
  const { baseline } = benchCase;
  return baseline === undefined
    ? []
    : [{ name: baseline.name, round: () => baseline.round(stage) }];
}

function contenderRunner(entry: Entry, benchCase: Case, lab: Lab, plan: Plan): Runner {
  const pair = lab.pairs.get(entry);
  const reason =
    reasonAgainstNode(entry, lab.stage.node.version) ??
    reasonAgainst(entry, benchCase) ??
    (pair === undefined ? "has failed before" : undefined);
  if (pair === undefined || reason !== undefined) {
    return { name: entry.name, reason: reason ?? "", round: async () => ({}) };
  }
  return { name: entry.name, ...working(pair, benchCase, lab, plan) };
}

function working(pair: Pair, benchCase: Case, { stage }: Lab, plan: Plan): Omit<Runner, "name"> {
  if (!isPairCase(benchCase)) return { round: () => benchCase.round(pair, stage) };
  const operations = operationsOf(benchCase, plan) ?? 1;
  return {
    setUp: () => pair.setUp(benchCase),
    round: () => pair.round(benchCase, operations),
    tearDown: () => pair.tearDown(benchCase),
  };
}

function reasonAgainst(entry: Entry, benchCase: Case): string | undefined {
  const missing = benchCase.needs.map((feature) => entry.cannot[feature]);
  return missing.find((reason) => reason !== undefined) ?? benchCase.reasonAgainst?.(entry);
}
