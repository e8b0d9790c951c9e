import { performance } from "node:perf_hooks";
import type { PairCase } from "../case.ts";
import { connectAll } from "../connect-all.ts";
import type { Client } from "../contender.ts";
import { plain } from "../goal.ts";
import { record } from "../payload.ts";
import type { BroadcastRequest } from "../serve.ts";

/** The parameters of a broadcast case. */
export interface Broadcast {
  clients: number;
  /** The number of events in one round, to each of the clients. */
  messages: number;
  only?: "full";
}

/** Sends one event to many clients in one process, repeatedly, each in its own turn of the server's loop. */
export function broadcast({ clients, messages, only }: Broadcast): PairCase {
  return {
    name: `broadcast-${clients}`,
    title: `broadcast to ${clients.toLocaleString("en")} clients, 70 bytes of JSON`,
    needs: ["events", "broadcast", "crowd"],
    operations: clients * messages,
    metrics: [
      { key: "perSecond", title: "deliveries/s", better: "higher" },
      // The crowd shares one process here, which most often is the slower side.
      { key: "serverCpu", title: "server's CPU µs", better: "lower" },
    ],
    goals:
      clients === 1000
        ? ["node-ipc", "socket.io"].map((against) => ({
            of: plain,
            metric: "perSecond",
            against,
            bound: 3,
          }))
        : [],
    ...(only && { only }),

    prepare(client, more) {
      let crowd: Client[] = [];
      let missing = 0;
      let allHeard: (() => void) | undefined;
      const heard = (): void => {
        missing -= 1;
        if (missing === 0) allHeard?.();
      };
      return {
        async setUp() {
          crowd = Array.from({ length: clients }, more);
          await connectAll(crowd);
          for (const each of crowd) await each.hear("news", heard);
        },
        async round(count) {
          const times = Math.max(1, Math.round(count / clients));
          const start = performance.now();
          await new Promise<void>((resolve) => {
            allHeard = resolve;
            missing = times * clients;
            client.emit("broadcast", { data: record, times } satisfies BroadcastRequest);
          });
          return { perSecond: (times * clients * 1000) / (performance.now() - start) };
        },
        async tearDown() {
          await Promise.all(crowd.map((each) => each.disconnect()));
          crowd = [];
        },
      };
    },
  };
}
