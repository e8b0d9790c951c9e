import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { PairCase } from "../case.ts";
import { plain, secure } from "../goal.ts";
import { hearingOf } from "../hearing.ts";
import { percentiles } from "../percentiles.ts";

/** The parameters of a round-trip case. */
export interface RoundTrip {
  name: string;
  title: string;
  data: unknown;
  operations: number;
}

/** Sends one event to the server and back, then the next: the time of an answer when nothing else happens. */
export function roundTrip({ name, title, data, operations }: RoundTrip): PairCase {
  const binary = Buffer.isBuffer(data);
  return {
    name,
    title,
    needs: binary ? ["events", "binary"] : ["events"],
    operations,
    metrics: [
      { key: "p50", title: "p50 µs", better: "lower" },
      { key: "p99", title: "p99 µs", better: "lower" },
      { key: "p999", title: "p99.9 µs", better: "lower" },
    ],
    // Nothing to compare with: the floors carry no bytes.
    goals: binary
      ? []
      : [
          { of: plain, metric: "p50", against: "floor", bound: 1.1 },
          { of: plain, metric: "cpu", against: "floor", bound: 1.1 },
          { of: secure, metric: "p50", against: "floor + TLS", bound: 1.1 },
          { of: secure, metric: "cpu", against: "floor + TLS", bound: 1.1 },
        ],

    prepare(client) {
      const hearing = hearingOf(client, "echo");
      const round = async (count: number): Promise<Record<string, number>> => {
        const latencies = new Float64Array(count);
        await new Promise<void>((resolve, reject) => {
          let done = 0;
          let sentAt = performance.now();
          hearing.listener = (echo) => {
            const now = performance.now();
            latencies[done] = now - sentAt;
            done += 1;
            if (done < count) {
              sentAt = now;
              client.emit("echo", data);
            } else if (isDeepStrictEqual(echo, data)) resolve();
            else reject(new Error(`${name}: the echo is not what was sent`));
          };
          client.emit("echo", data);
        });
        return percentiles(latencies);
      };
      return { round };
    },
  };
}
