import { it } from "vitest";
import { randomOf } from "./random-pair.ts";
import { RecoveryPair } from "./recovery-pair.ts";
import { StreamHistory } from "./stream-history.ts";
import { Tank } from "./tank.ts";

/** The seeds of a run; another first one gives other histories. IPC_TEST_LONG asks for the long form. */
const firstSeed = Number(process.env["HISTORY_SEED"] ?? 1);
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const runs = Number(process.env["HISTORIES"] ?? (isLong ? 1_000 : 40));

it.each([
  ["with room enough", {}],
  ["under narrow limits", { streamWindow: 1_024, maxUnconfirmedBytes: 3_000 }],
])(
  "brings each stream whole, or ends it on both sides, however the connection is cut, %s",
  (_, limits) => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const random = randomOf(seed);
      const tanks = { client: new Tank(), server: new Tank() };
      for (const tank of [tanks.client, tanks.server]) tank.reads = false;
      const pair = new RecoveryPair({ limits, streams: (role) => tanks[role] });
      const history = new StreamHistory(pair, random, tanks);
      try {
        history.play(20 + Math.floor(random() * 150));
        history.check();
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
    }
  },
  120_000,
);
