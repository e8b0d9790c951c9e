import type { Measurement, Metric } from "./case.ts";
import type { GoalResult } from "./goal-result.ts";
import type { Spread } from "./spread.ts";

/** Processor time of both processes for one operation: what every pair case measures. */
export const cpuMetric: Metric = { key: "cpu", title: "CPU µs", better: "lower" };

/** The results of all contenders in one case. */
export interface CaseResult {
  name: string;
  title: string;
  /** Operations in each round; absent if a case starts processes of its own. */
  operations?: number;
  metrics: readonly Metric[];
  rows: RowResult[];
  goals: GoalResult[];
}

/** The result of one contender, limit or baseline in one case, or the reason why it did not take part. */
export type RowResult = MeasuredRow | { name: string; reason: string };

/** The measurements of one contender, limit or baseline. */
export interface MeasuredRow {
  name: string;
  rounds: Measurement[];
  /** The values by metric. */
  values: Record<string, Spread>;
}
