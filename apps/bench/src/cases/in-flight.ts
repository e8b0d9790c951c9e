import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { PairCase } from "../case.ts";
import { plain, secure } from "../goal.ts";
import { hearingOf } from "../hearing.ts";
import { record } from "../payload.ts";

const name = "in-flight";
const underWay = 64;

/** Round trips with 64 always under way: how much a busy connection gets done. */
export const inFlight: PairCase = {
  name,
  title: `${underWay} round trips in flight, 70 bytes of JSON`,
  needs: ["events"],
  operations: 20_000,
  metrics: [{ key: "perSecond", title: "round trips/s", better: "higher" }],
  goals: [
    { of: plain, metric: "perSecond", against: "node-ipc", bound: 1.5 },
    { of: plain, metric: "perSecond", against: "floor", bound: 1.2 },
    { of: secure, metric: "perSecond", against: "node-ipc", bound: 1.2 },
  ],

  prepare(client) {
    const hearing = hearingOf(client, "echo");
    const round = async (count: number): Promise<Record<string, number>> => {
      const start = performance.now();
      await new Promise<void>((resolve, reject) => {
        let sent = 0;
        let done = 0;
        const send = (): void => {
          sent += 1;
          client.emit("echo", record);
        };
        hearing.listener = (echo) => {
          done += 1;
          if (sent < count) send();
          else if (done < count) return;
          else if (isDeepStrictEqual(echo, record)) resolve();
          else reject(new Error(`${name}: the echo is not what was sent`));
        };
        while (sent < Math.min(underWay, count)) send();
      });
      return { perSecond: (count * 1000) / (performance.now() - start) };
    };
    return { round };
  },
};
