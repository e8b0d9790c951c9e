import { it } from "vitest";
import { countOf, playSeeds } from "./dice.ts";
import { RecoveryPair } from "./recovery-pair.ts";
import { StreamHistory } from "./stream-history.ts";
import { Tank } from "./tank.ts";

/** Histories of each kind. IPC_TEST_LONG asks for the long form. */
const runs = countOf("HISTORIES", 40, 1_000);

it.each([
  ["with room enough", {}],
  ["under narrow limits", { streamWindow: 1_024, maxUnconfirmedBytes: 3_000 }],
])(
  "brings each stream whole, or ends it on both sides, however the connection is cut, %s",
  (_, limits) => {
    playSeeds(runs, 1, (dice) => {
      const tanks = { client: new Tank(), server: new Tank() };
      for (const tank of [tanks.client, tanks.server]) tank.reads = false;
      const pair = new RecoveryPair({ limits, streams: (role) => tanks[role] });
      const history = new StreamHistory(pair, dice, tanks);
      history.play(20 + dice.roll(150));
      history.check();
    });
  },
  3_600_000,
);
