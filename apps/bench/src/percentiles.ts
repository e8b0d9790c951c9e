import { createHistogram } from "node:perf_hooks";

/** Percentiles of one round's latencies, in microseconds. */
export interface Percentiles extends Record<string, number> {
  p50: number;
  p99: number;
  p999: number;
}

/** Sorts latencies given in milliseconds into a histogram, after the round, and reads it. */
export function percentiles(latencies: Float64Array): Percentiles {
  const histogram = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 4 });
  for (const milliseconds of latencies) {
    histogram.record(Math.max(1, Math.round(milliseconds * 1_000_000)));
  }
  const microseconds = (percentile: number): number => histogram.percentile(percentile) / 1000;
  return { p50: microseconds(50), p99: microseconds(99), p999: microseconds(99.9) };
}
