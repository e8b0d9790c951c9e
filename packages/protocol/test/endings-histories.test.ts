import { randomBytes } from "node:crypto";
import { beforeAll, it } from "vitest";
import type { PasswordKey } from "@ipc/crypto";
import { countOf, playSeeds } from "./dice.ts";
import { EndingsHistory } from "./endings-history.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";
import { keyOf } from "./secure-pair.ts";
import { Tank } from "./tank.ts";

/** Histories of each kind. IPC_TEST_LONG asks for the long form. */
const runs = countOf("ENDINGS", 30, 400);

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
    playSeeds(count, 1, (dice) => {
      const tanks = { client: new Tank(), server: new Tank() };
      const pair = new RecoveryPair({ ...optionsOf(), streams: (role) => tanks[role] });
      const history = new EndingsHistory(pair, dice, tanks);
      history.play(20 + dice.roll(60));
      history.check();
    });
  },
  7_200_000,
);
