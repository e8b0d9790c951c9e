import { randomBytes } from "node:crypto";
import { beforeAll, it } from "vitest";
import type { PasswordKey } from "@ipc/crypto";
import { EndingsHistory } from "./endings-history.ts";
import { randomOf } from "./random-pair.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";
import { keyOf } from "./secure-pair.ts";
import { Tank } from "./tank.ts";

/** The seeds of a run; another first one gives other histories. */
const firstSeed = Number(process.env["HISTORY_SEED"] ?? 1);
/** IPC_TEST_LONG asks for the long form. */
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const runs = Number(process.env["ENDINGS"] ?? (isLong ? 400 : 30));

let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf();
});

const narrow = { maxUnconfirmedBytes: 3_000, highWaterMark: 500 };

const kinds: readonly (readonly [string, () => RecoveryPairOptions, number])[] = [
  ["plaintext", () => ({}), 1],
  ["plaintext, under narrow limits", () => ({ limits: narrow }), 1],
  ["plaintext, without recovery", () => ({ recovers: false }), 1],
  ["encrypted", () => ({ security: () => ({ key, random: randomBytes(32) }) }), 10],
];

it.each(kinds)(
  "every message has one fate, however sessions end and whenever it is emitted: %s",
  (_, optionsOf, divisor) => {
    // A handshake with a password costs as much as a hundred histories, unless they are asked for.
    const count = process.env["ENDINGS"] === undefined ? Math.ceil(runs / divisor) : runs;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const random = randomOf(seed);
      const tanks = { client: new Tank(), server: new Tank() };
      const pair = new RecoveryPair({ ...optionsOf(), streams: (role) => tanks[role] });
      const history = new EndingsHistory(pair, random, tanks);
      try {
        history.play(20 + Math.floor(random() * 60));
        history.check();
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
    }
  },
  7_200_000,
);
