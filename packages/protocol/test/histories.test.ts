import { it } from "vitest";
import { countOf, playSeeds } from "./dice.ts";
import { History } from "./history.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";

/** Histories of each kind. IPC_TEST_LONG asks for the long form. */
const runs = countOf("HISTORIES", 100, 2_500);

/** Limits so low that their edges are met. */
const narrow = { maxUnconfirmedBytes: 3_000, highWaterMark: 1_000 };
const full = { ...narrow, maxQueuedBytes: 10_000 };

const kinds: readonly (readonly [string, RecoveryPairOptions, boolean, boolean])[] = [
  ["with room enough", {}, true, false],
  ["under narrow limits", { limits: narrow }, true, false],
  [
    "while the oldest events are dropped",
    { limits: full, slowConsumer: "drop-oldest" },
    false,
    false,
  ],
  [
    "while the newest events are dropped",
    { limits: full, slowConsumer: "drop-newest" },
    false,
    false,
  ],
  ["while sides begin to leave", {}, true, true],
  ["while sides begin to leave under narrow limits", { limits: narrow }, true, true],
];

it.each(kinds)(
  "loses nothing without a report, doubles and reorders nothing, however the connection is cut, %s",
  (_, options, isSure, leaves) => {
    playSeeds(runs, 1, (dice) => {
      const history = new History(new RecoveryPair(options), dice, isSure, leaves);
      history.play(20 + dice.roll(60));
      history.check();
    });
  },
  3_600_000,
);
