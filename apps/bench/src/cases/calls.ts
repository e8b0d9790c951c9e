import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { PairCase } from "../case.ts";
import { record } from "../payload.ts";

const name = "calls";
const underWay = 64;

/** Calls with 64 always under way, each awaited: every library's own request and reply. */
export const calls: PairCase = {
  name,
  title: `${underWay} calls in flight, 70 bytes of JSON`,
  needs: ["calls"],
  operations: 20_000,
  metrics: [{ key: "perSecond", title: "calls/s", better: "higher" }],

  prepare(client) {
    const round = async (count: number): Promise<Record<string, number>> => {
      let made = 0;
      const call = async (): Promise<void> => {
        while (made < count) {
          made += 1;
          const reply = await client.invoke("answer", record);
          if (made === count && !isDeepStrictEqual(reply, record)) {
            throw new Error(`${name}: the reply is not what was sent`);
          }
        }
      };
      const start = performance.now();
      await Promise.all(Array.from({ length: underWay }, call));
      return { perSecond: (count * 1000) / (performance.now() - start) };
    };
    return { round };
  },
};
