import type { PairCase } from "../case.ts";
import type { Client } from "../contender.ts";
import { firstEcho } from "../first-echo.ts";
import { plain, secure } from "../goal.ts";
import { percentiles } from "../percentiles.ts";

/** A client that connects again and again: to the first event that has come back. What it caches is cached. */
export const reconnect: PairCase = {
  name: "reconnect",
  title: "connect again, to the first echo",
  needs: ["events"],
  operations: 20,
  metrics: [
    { key: "p50", title: "p50 µs", better: "lower" },
    { key: "p99", title: "p99 µs", better: "lower" },
  ],
  goals: [
    { of: plain, metric: "p50", against: "floor", bound: 4 },
    { of: secure, metric: "p50", against: "floor", bound: 4 },
  ],

  prepare(_, more) {
    let client: Client | undefined;
    let echo: (() => Promise<number>) | undefined;
    return {
      async setUp() {
        client = more();
        echo = firstEcho(client);
        await echo();
      },
      async round(count) {
        const latencies = new Float64Array(count);
        for (let done = 0; done < count; done += 1) {
          await client?.disconnect();
          latencies[done] = (await echo?.()) ?? Number.NaN;
        }
        return percentiles(latencies);
      },
      async tearDown() {
        await client?.disconnect();
      },
    };
  },
};
