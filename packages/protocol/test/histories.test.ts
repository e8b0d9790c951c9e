import { it } from "vitest";
import { History } from "./history.ts";
import { randomOf } from "./random-pair.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";

/** The seeds of a run; another first one gives other histories. IPC_TEST_LONG asks for the long form. */
const firstSeed = Number(process.env["HISTORY_SEED"] ?? 1);
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const runs = Number(process.env["HISTORIES"] ?? (isLong ? 2_500 : 100));

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
  ["while sides begin to take leave", {}, true, true],
  ["while sides begin to take leave under narrow limits", { limits: narrow }, true, true],
];

it.each(kinds)(
  "loses nothing without a report, doubles and reorders nothing, however the connection is cut, %s",
  (_, options, isSure, leaves) => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const random = randomOf(seed);
      const history = new History(new RecoveryPair(options), random, isSure, leaves);
      try {
        history.play(20 + Math.floor(random() * 60));
        history.check();
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
    }
  },
  120_000,
);
