import { expect, it } from "vitest";
import { randomOf } from "./random-pair.ts";
import { keyOf } from "./secure-pair.ts";
import { SlowHistory } from "./slow-history.ts";

/** The seeds of a run; another first one gives other histories. */
const firstSeed = Number(process.env["HISTORY_SEED"] ?? 1);
/** IPC_TEST_LONG asks for the long form. */
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const runs = Number(process.env["SLOW_READERS"] ?? (isLong ? 400 : 40));

it.each(["plaintext", "encrypted"])(
  "ends a peer that makes no progress, never one that reads slowly, and each event has one fate, in %s",
  async (kind) => {
    const key = kind === "encrypted" ? await keyOf() : undefined;
    const seen = { ended: 0, went: 0, dropped: 0 };
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const history = new SlowHistory(randomOf(seed), key);
      try {
        history.play();
        history.check();
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
      if (history.isEnded) seen.ended++;
      else seen.went++;
      if (history.dropped > 0) seen.dropped++;
    }
    // Each kind of history was met.
    expect(Math.min(seen.ended, seen.went, seen.dropped)).toBeGreaterThan(runs / 20);
  },
  3_600_000,
);
