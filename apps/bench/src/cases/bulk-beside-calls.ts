import { performance } from "node:perf_hooks";
import type { PairCase } from "../case.ts";
import { plain, secure } from "../goal.ts";
import { record } from "../payload.ts";
import { percentiles } from "../percentiles.ts";
import { raw, sealed, throughput } from "./binary.ts";

const name = "bulk-beside-calls";
const bytes = Buffer.alloc(30 * 1024 * 1024, "x");
/** Milliseconds from one call to the next. */
const interval = 5;

/** Values of 30 MiB as streams, one after the other, while a small call leaves every 5 ms. */
export const bulkBesideCalls: PairCase = {
  name,
  title: "streams of 30 MiB beside calls",
  needs: ["calls", "binary"],
  operations: 12,
  metrics: [
    { key: "megabytes", title: "MB/s", better: "higher" },
    { key: "p50", title: "call p50 µs", better: "lower" },
    { key: "p99", title: "call p99 µs", better: "lower" },
  ],
  limits: throughput,
  goals: [
    { of: plain, metric: "megabytes", against: raw, bound: 0.85 },
    { of: plain, metric: "p50", bound: 1000 },
    { of: secure, metric: "megabytes", against: sealed, bound: 0.8 },
  ],
  reasonAgainst: ({ kind }) => (kind === "ours" ? undefined : "has no streams beside its calls"),

  prepare(client) {
    const round = async (count: number): Promise<Record<string, number>> => {
      const latencies: number[] = [];
      const calls: Promise<void>[] = [];
      const call = async (): Promise<void> => {
        const begun = performance.now();
        await client.invoke("answer", record);
        latencies.push(performance.now() - begun);
      };
      const start = performance.now();
      calls.push(call());
      const timer = setInterval(() => calls.push(call()), interval);
      try {
        for (let sent = 0; sent < count; sent += 1) {
          const received = await client.invokeStream?.("measure", bytes);
          if (received !== bytes.byteLength) throw new Error(`${name}: not all bytes have come`);
        }
      } finally {
        clearInterval(timer);
      }
      const megabytes = (count * bytes.byteLength * 1000) / 1e6 / (performance.now() - start);
      await Promise.all(calls);
      const { p50, p99 } = percentiles(Float64Array.from(latencies));
      return { megabytes, p50, p99 };
    };
    return { round };
  },
};
