import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Case } from "../case.ts";
import { record } from "../payload.ts";

const name = "in-flight";
const inFlight = 64;

/** Round trips with 64 always under way: how much a busy connection gets done. */
export const inFlightCase: Case = {
  name,
  title: `${inFlight} round trips in flight, 70 bytes of JSON`,
  needs: [],
  operations: 20_000,
  metrics: [{ key: "perSecond", title: "round trips/s", better: "higher" }],

  serve(server) {
    server.on(name, (echo, peer) => server.emit(peer, name, echo));
  },

  prepare(client) {
    let echoed: ((echo: unknown) => void) | undefined;
    client.on(name, (echo) => echoed?.(echo));
    return async (count) => {
      const start = performance.now();
      await new Promise<void>((resolve, reject) => {
        let sent = 0;
        let done = 0;
        const send = (): void => {
          sent += 1;
          client.emit(name, record);
        };
        echoed = (echo) => {
          done += 1;
          if (sent < count) send();
          else if (done < count) return;
          else if (isDeepStrictEqual(echo, record)) resolve();
          else reject(new Error(`${name}: the echo is not what was sent`));
        };
        while (sent < Math.min(inFlight, count)) send();
      });
      return { perSecond: (count * 1000) / (performance.now() - start) };
    };
  },
};
