import { it } from "vitest";
import { History, randomOf } from "./history.ts";
import { RecoveryPair } from "./recovery-pair.ts";

/** The seeds of a run; another first one gives another ten thousand. */
const firstSeed = Number(process.env["HISTORY_SEED"] ?? 1);
const runs = Number(process.env["HISTORIES"] ?? 1_000);

/** Limits so low that their edges are met. */
const narrow = { maxUnconfirmedBytes: 3_000, highWaterMark: 1_000 };

it.each([
  ["with room enough", {}],
  ["under narrow limits", narrow],
])(
  "loses, doubles and reorders nothing, however the connection is cut, %s",
  (_, limits) => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const random = randomOf(seed);
      const history = new History(new RecoveryPair({ limits }), random);
      try {
        history.play(20 + Math.floor(random() * 100));
        history.check();
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
    }
  },
  60_000,
);
