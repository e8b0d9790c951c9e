import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import type { PasswordKey } from "@ipc/crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../src/index.ts";
import type { Delivered } from "./party.ts";
import { keyOf, type SecureParty } from "./secure-pair.ts";
import { Dice, mutate } from "./secure-mutation.ts";
import { KnownShares, playTo, recordConversation, type Tape, type Tapes } from "./secure-tape.ts";

// 6 s on one busy core. All of 100,000 were run with IPC_TEST_MUTATIONS=100000.
const total = Number(process.env["IPC_TEST_MUTATIONS"] ?? 10_000);
const batches = 10;

let key: PasswordKey;
let shares: KnownShares;
let tapes: Tapes;
let others: Tapes;

beforeAll(async () => {
  key = await keyOf();
  shares = new KnownShares(key);
  tapes = recordConversation(key);
  others = recordConversation(key, { random: 0x77 });
});

/** What was delivered beside the end, as text to compare. */
function told(delivered: readonly Delivered[]): string[] {
  return delivered.filter(([kind]) => kind !== "closed").map((one) => JSON.stringify(one));
}

/** Throws unless a victim delivered nothing but a beginning of what was said, and knows of it. */
function check(victim: SecureParty, honest: readonly Delivered[], spared: boolean): void {
  const [got, expected] = [told(victim.delivered), told(honest)];
  const isBeginning = got.every((one, at) => one === expected[at]);
  if (!isBeginning) throw new Error(`delivered ${got.join()}`);
  const endedWell = victim.end !== undefined && victim.end.error === undefined;
  if (endedWell && !spared) throw new Error("took a mutilated conversation for a whole one");
}

/** How many parts at the beginning are as they were said. */
function sparedParts(tape: Tape, chunks: readonly Buffer[]): number {
  const bytes = Buffer.concat(chunks);
  let at = 0;
  const spared = tape.findIndex((part) => {
    const same = bytes.subarray(at, at + part.length).equals(part);
    at += part.length;
    return !same;
  });
  return spared === -1 ? tape.length : spared;
}

describe.each(["client", "server"] as const)(
  "a %s whose peer's bytes are altered on the way",
  (role: Role) => {
    const peer = role === "client" ? "server" : "client";

    it("hears all of the conversation when they are not", () => {
      const victim = playTo(role, key, shares, tapes.said[peer]);
      expect(told(victim.delivered)).toEqual(told(tapes.delivered[role]));
      expect(victim.end).toMatchObject({ byPeer: true, reason: "requested" });
    });

    it("takes no preface, proof or first record of which any byte was changed in any of three bits", () => {
      const tape = tapes.said[peer];
      for (const [index, part] of tape.slice(0, 3).entries()) {
        for (let at = 0; at < part.length; at++) {
          for (const mask of [0x01, 0x20, 0x80]) {
            const changed = Buffer.from(part);
            changed[at] = (changed[at] ?? 0) ^ mask;
            const chunks = tape.map((chunk, number) => (number === index ? changed : chunk));
            const victim = playTo(role, key, shares, chunks);
            check(victim, tapes.delivered[role], false);
            expect(told(victim.delivered)).toEqual([]);
          }
        }
      }
    }, 30_000);

    it.each(Array.from({ length: batches }, (_, batch) => batch))(
      "delivers a beginning of what was said and ends with an error (part %i)",
      () => {
        const tape = tapes.said[peer];
        const sources = { own: tapes.said[role], other: others.said[peer] };
        const seed = randomInt(2 ** 31);
        for (let count = 0; count < total / 2 / batches; count++) {
          const chunks = mutate(tape, new Dice(seed + count), sources);
          const victim = playTo(role, key, shares, chunks);
          // The goodbye is the last part but one; what follows it means nothing any more.
          const spared = sparedParts(tape, chunks) >= tape.length - 1;
          try {
            check(victim, tapes.delivered[role], spared);
          } catch (cause) {
            throw new Error(`The mutation of seed ${seed + count} was accepted.`, { cause });
          }
        }
      },
      total * 3,
    );
  },
);
