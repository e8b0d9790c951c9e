import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Delays } from "./processes/prober.ts";

/** Milliseconds between two questions. */
const rest = 10;

/** Ask again and again until it is over, and tell how long the answers took. */
export async function measureRoundTrips(
  ask: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Delays> {
  const histogram = createHistogram();
  while (!signal.aborted) {
    const begun = process.hrtime.bigint();
    await ask();
    histogram.record(process.hrtime.bigint() - begun);
    await sleep(rest);
  }
  const { count, max } = histogram;
  const [p50, p99] = [histogram.percentile(50), histogram.percentile(99)];
  return { count, p50: p50 / 1e6, p99: p99 / 1e6, max: max / 1e6 };
}
