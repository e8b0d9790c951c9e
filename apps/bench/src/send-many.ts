import { performance } from "node:perf_hooks";
import type { Client } from "./contender.ts";
import { hearingOf } from "./hearing.ts";

/** The parameters of one round of sending. */
export interface Sending {
  count: number;
  /** The number that the server adds for one event. */
  each: number;
  data: unknown;
}

/**
 * A function that sends one event many times, as fast as backpressure allows, and resolves with the
 * seconds until the server has confirmed the total; rejects if that is another.
 */
export function manySender(client: Client): (sending: Sending) => Promise<number> {
  const total = hearingOf(client, "total");
  return async ({ count, each, data }) => {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      total.listener = (counted) => {
        if (counted === count * each) resolve();
        else reject(new Error(`The server has counted ${String(counted)}, not ${count * each}.`));
      };
      let sent = 0;
      const send = (): void => {
        while (sent < count) {
          sent += 1;
          if (!client.emit("count", data) && sent < count) {
            client.onceDrained(send);
            return;
          }
        }
        client.emit("total", null);
      };
      send();
    });
    return (performance.now() - start) / 1000;
  };
}
