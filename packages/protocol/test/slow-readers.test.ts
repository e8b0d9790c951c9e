import { expect, it } from "vitest";
import { countOf, playSeeds } from "./dice.ts";
import { keyOf } from "./secure-pair.ts";
import { SlowHistory } from "./slow-history.ts";

/** Histories of each kind. IPC_TEST_LONG asks for the long form. */
const runs = countOf("SLOW_READERS", 40, 400);

it.each(["plaintext", "encrypted"])(
  "ends a peer that makes no progress, never one that reads slowly, and each event has one fate, in %s",
  async (kind) => {
    const key = kind === "encrypted" ? await keyOf() : undefined;
    const seen = { ended: 0, went: 0, dropped: 0 };
    playSeeds(runs, 1, (dice) => {
      const history = new SlowHistory(dice, key);
      history.play();
      history.check();
      if (history.isEnded) seen.ended++;
      else seen.went++;
      if (history.dropped > 0) seen.dropped++;
    });
    // Each kind of history was met.
    expect(Math.min(seen.ended, seen.went, seen.dropped)).toBeGreaterThan(runs / 20);
  },
  3_600_000,
);
