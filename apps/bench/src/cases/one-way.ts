import { performance } from "node:perf_hooks";
import type { Case } from "../case.ts";
import { record } from "../payload.ts";

const name = "one-way";
const total = "one-way-total";

/** Events to the server, as fast as backpressure allows; the server counts and answers the total. */
export const oneWayCase: Case = {
  name,
  title: "one-way events, 70 bytes of JSON",
  needs: [],
  operations: 100_000,
  metrics: [{ key: "perSecond", title: "events/s", better: "higher" }],

  serve(server) {
    let received = 0;
    server.on(name, () => {
      received += 1;
    });
    server.on(total, (_, peer) => {
      server.emit(peer, total, received);
      received = 0;
    });
  },

  prepare(client) {
    let counted: ((received: unknown) => void) | undefined;
    client.on(total, (received) => counted?.(received));
    return async (count) => {
      const start = performance.now();
      await new Promise<void>((resolve, reject) => {
        counted = (received) => {
          if (received === count) resolve();
          else reject(new Error(`${name}: ${String(received)} of ${count} events arrived`));
        };
        let sent = 0;
        const send = (): void => {
          while (sent < count) {
            sent += 1;
            if (!client.emit(name, record) && sent < count) {
              client.onceDrained(send);
              return;
            }
          }
          client.emit(total, null);
        };
        send();
      });
      return { perSecond: (count * 1000) / (performance.now() - start) };
    };
  },
};
