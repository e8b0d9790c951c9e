import type { CaseLimit, PairCase } from "../case.ts";
import { plain, secure } from "../goal.ts";
import { manySender } from "../send-many.ts";

/** Bytes over a connection of node:net. */
export const raw = "limit: bare connection";
/** All bytes through AES-256-GCM of node:crypto first, and then over the connection. */
export const sealed = "limit: AES, then connection";

/** The bound of the bytes that go one way. */
export const throughput: readonly CaseLimit[] = [
  { name: raw, metric: "megabytes", measure: (limits, share) => limits.rawMegabytes(share) },
  { name: sealed, metric: "megabytes", measure: (limits, share) => limits.sealedMegabytes(share) },
];

/** The parameters of a case of binary events. */
export interface Binary {
  name: string;
  title: string;
  /** The bytes of one event. */
  bytes: number;
  operations: number;
}

/** Buffers to the server, as fast as backpressure allows; the server counts bytes and answers the total. */
export function binary({ name, title, bytes, operations }: Binary): PairCase {
  const inGoals = name === "bytes-1m";
  return {
    name,
    title: `one-way, ${title}`,
    needs: ["events", "binary"],
    operations,
    metrics: [{ key: "megabytes", title: "MB/s", better: "higher" }],
    limits: throughput,
    goals: inGoals
      ? [
          { of: plain, metric: "megabytes", against: raw, bound: 0.85 },
          { of: secure, metric: "megabytes", against: sealed, bound: 0.8 },
        ]
      : [],

    prepare(client) {
      const data = Buffer.alloc(bytes, "x");
      const send = manySender(client);
      return {
        round: async (count) => ({
          megabytes: (count * bytes) / 1e6 / (await send({ count, each: bytes, data })),
        }),
      };
    },
  };
}
