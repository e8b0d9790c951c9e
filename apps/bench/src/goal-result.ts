import type { MeasuredRow, RowResult } from "./case-result.ts";
import type { Metric } from "./case.ts";
import type { Goal } from "./goal.ts";
import { spread, type Spread } from "./spread.ts";

/** A goal, and how far it was reached. */
export interface GoalResult extends Goal {
  /** The median of the ratios, differences or values, each taken within one round. */
  measured: Spread;
  reached: boolean;
}

/** Compares what was measured with the goals of a case; those whose rows were not measured are left out. */
export function checkGoals(
  goals: readonly Goal[],
  metrics: readonly Metric[],
  rows: readonly RowResult[],
): GoalResult[] {
  return goals.flatMap((goal): GoalResult[] => {
    const own = measuredRow(rows, goal.of);
    const other = goal.against === undefined ? own : measuredRow(rows, goal.against);
    const metric = metrics.find(({ key }) => key === goal.metric);
    if (own === undefined || other === undefined || metric === undefined) return [];
    const measured = spread(
      own.rounds.map((round, place) => {
        const value = round[goal.metric] ?? Number.NaN;
        if (goal.against === undefined) return value;
        const base = other.rounds[place]?.[goal.metric] ?? Number.NaN;
        return goal.by === "difference" ? value - base : value / base;
      }),
    );
    const { median } = measured;
    const reached = metric.better === "lower" ? median <= goal.bound : median >= goal.bound;
    return [{ ...goal, measured, reached }];
  });
}

function measuredRow(rows: readonly RowResult[], name: string): MeasuredRow | undefined {
  const row = rows.find((candidate) => candidate.name === name);
  return row !== undefined && "rounds" in row ? row : undefined;
}
