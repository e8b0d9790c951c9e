import type { Metric } from "./case.ts";
import type { Measurement } from "./pair.ts";
import type { Spread } from "./spread.ts";

/** Processor time of both processes for one operation: what every case measures. */
export const cpuMetric: Metric = { key: "cpu", title: "CPU µs", better: "lower" };

/** What all contenders did in one case. */
export interface CaseResult {
  name: string;
  title: string;
  /** Operations in each round. */
  operations: number;
  metrics: readonly Metric[];
  contenders: ContenderResult[];
}

/** What one contender did in one case, or why it did not take part. */
export type ContenderResult =
  | { contender: string; reason: string }
  | {
      contender: string;
      rounds: Measurement[];
      /** By metric. */
      values: Record<string, Spread>;
      /** By the contender compared with, then by metric. */
      ratios: Record<string, Record<string, Spread>>;
    };
