import type { Measurement, Metric } from "./case.ts";
import type { GoalResult } from "./goal-result.ts";
import type { Spread } from "./spread.ts";

/** Processor time of both processes for one operation: what every pair case measures. */
export const cpuMetric: Metric = { key: "cpu", title: "CPU µs", better: "lower" };

/** What all contenders did in one case. */
export interface CaseResult {
  name: string;
  title: string;
  /** Operations in each round; absent if a case starts processes of its own. */
  operations?: number;
  metrics: readonly Metric[];
  rows: RowResult[];
  goals: GoalResult[];
}

/** What one contender, limit or baseline did in one case, or why it did not take part. */
export type RowResult = MeasuredRow | { name: string; reason: string };

/** What was measured of one contender, limit or baseline. */
export interface MeasuredRow {
  name: string;
  rounds: Measurement[];
  /** By metric. */
  values: Record<string, Spread>;
}
