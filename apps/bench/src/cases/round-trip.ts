import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Case } from "../case.ts";
import type { Feature } from "../contender.ts";
import { percentiles } from "../percentiles.ts";

/** What distinguishes one round-trip case from another. */
export interface RoundTrip {
  name: string;
  title: string;
  needs?: readonly Feature[];
  data: unknown;
  operations: number;
}

/** One event to the server and back, then the next: how long an answer takes when nothing else happens. */
export function roundTrip({ name, title, needs = [], data, operations }: RoundTrip): Case {
  return {
    name,
    title,
    needs,
    operations,
    metrics: [
      { key: "p50", title: "p50 µs", better: "lower" },
      { key: "p99", title: "p99 µs", better: "lower" },
      { key: "p999", title: "p99.9 µs", better: "lower" },
    ],

    serve(server) {
      server.on(name, (echo, peer) => server.emit(peer, name, echo));
    },

    prepare(client) {
      let echoed: ((echo: unknown) => void) | undefined;
      client.on(name, (echo) => echoed?.(echo));
      return async (count) => {
        const latencies = new Float64Array(count);
        await new Promise<void>((resolve, reject) => {
          let done = 0;
          let sentAt = performance.now();
          echoed = (echo) => {
            const now = performance.now();
            latencies[done] = now - sentAt;
            done += 1;
            if (done < count) {
              sentAt = now;
              client.emit(name, data);
            } else if (isDeepStrictEqual(echo, data)) resolve();
            else reject(new Error(`${name}: the echo is not what was sent`));
          };
          client.emit(name, data);
        });
        return percentiles(latencies);
      };
    },
  };
}
