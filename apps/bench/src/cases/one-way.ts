import type { PairCase } from "../case.ts";
import { plain, secure } from "../goal.ts";
import { record } from "../payload.ts";
import { manySender } from "../send-many.ts";

/** `JSON.stringify` on one core while `JSON.parse` has the other. */
const jsonOnTwoCores = "limit: JSON on two cores";

/** Events to the server, as fast as backpressure allows; the server counts and answers the total. */
export const oneWay: PairCase = {
  name: "one-way",
  title: "one-way events, 70 bytes of JSON",
  needs: ["events"],
  operations: 50_000,
  metrics: [{ key: "perSecond", title: "events/s", better: "higher" }],
  limits: [
    {
      name: jsonOnTwoCores,
      metric: "perSecond",
      measure: (limits, share) => limits.recordsOnTwoCores(share),
    },
  ],
  goals: [
    { of: plain, metric: "perSecond", against: "node-ipc", bound: 2.5 },
    { of: plain, metric: "perSecond", against: jsonOnTwoCores, bound: 0.6 },
    { of: secure, metric: "perSecond", against: plain, bound: 0.9 },
    { of: secure, metric: "perSecond", against: "floor + TLS", bound: 1.4 },
  ],

  prepare(client) {
    const send = manySender(client);
    return {
      round: async (count) => ({
        perSecond: count / (await send({ count, each: 1, data: record })),
      }),
    };
  },
};
