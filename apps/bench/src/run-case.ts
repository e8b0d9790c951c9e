import { isPairCase, type Case, type Measurement, type Metric } from "./case.ts";
import { cpuMetric, type CaseResult, type RowResult } from "./case-result.ts";
import { checkGoals } from "./goal-result.ts";
import { noteFailure, type Lab } from "./lab.ts";
import type { Plan } from "./plan.ts";
import { operationsOf, runnersOf, type Runner } from "./runner.ts";
import { spread } from "./spread.ts";

/** Runs one case on all contenders, their rounds interleaved, each round begun by another one. */
export async function runCase(benchCase: Case, lab: Lab, plan: Plan): Promise<CaseResult> {
  const runners = runnersOf(benchCase, lab, plan);
  const reasons = new Map(runners.map((runner) => [runner, runner.reason]));
  const rounds = new Map(runners.map((runner): [Runner, Measurement[]] => [runner, []]));
  const attempt = async (runner: Runner, work: (() => Promise<void>) | undefined) => {
    if (reasons.get(runner) !== undefined) return;
    try {
      await work?.();
    } catch (error) {
      reasons.set(runner, "failed");
      noteFailure(lab, `${runner.name} fails in ${benchCase.name}`, error);
      await giveUp(runner, lab);
    }
  };

  for (const runner of runners) await attempt(runner, runner.setUp);
  const { warmUps, counted } = roundsOf(benchCase, plan);
  for (let round = 0; round < warmUps + counted; round += 1) {
    const first = round % runners.length;
    for (const runner of [...runners.slice(first), ...runners.slice(0, first)]) {
      await attempt(runner, async () => {
        const measurement = await runner.round();
        if (round >= warmUps) rounds.get(runner)?.push(measurement);
      });
    }
  }
  for (const runner of runners) await attempt(runner, runner.tearDown);

  const metrics = isPairCase(benchCase) ? [...benchCase.metrics, cpuMetric] : benchCase.metrics;
  const rows = runners.map((runner) =>
    rowOf(runner.name, reasons.get(runner), rounds.get(runner) ?? [], metrics),
  );
  const { name, title, goals = [] } = benchCase;
  const operations = operationsOf(benchCase, plan);
  return {
    name,
    title,
    ...(operations !== undefined && { operations }),
    metrics,
    rows,
    goals: checkGoals(goals, metrics, rows),
  };
}

function roundsOf(benchCase: Case, plan: Plan): { warmUps: number; counted: number } {
  if (isPairCase(benchCase)) return { warmUps: plan.warmUps, counted: plan.rounds };
  return { warmUps: 0, counted: Math.min(plan.rounds, benchCase.rounds ?? plan.rounds) };
}

/** Ends the processes of a contender that has failed: what they would measure later means nothing. */
async function giveUp({ name }: Runner, { pairs }: Lab): Promise<void> {
  for (const [entry, pair] of pairs) {
    if (entry.name !== name) continue;
    pairs.delete(entry);
    await pair.end();
  }
}

function rowOf(
  name: string,
  reason: string | undefined,
  rounds: Measurement[],
  metrics: readonly Metric[],
): RowResult {
  if (reason !== undefined) return { name, reason };
  const values = metrics.flatMap(({ key }) => {
    const column = rounds.map((round) => round[key]).filter((value) => value !== undefined);
    return column.length === 0 ? [] : [[key, spread(column)] as const];
  });
  return { name, rounds, values: Object.fromEntries(values) };
}
