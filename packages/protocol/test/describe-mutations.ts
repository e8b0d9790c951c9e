import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import type { PasswordKey } from "@ipc/crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../src/index.ts";
import type { Delivered } from "./delivered.ts";
import { countOf, Dice, firstSeed, isLong } from "./dice.ts";
import { mutate } from "./secure-mutation.ts";
import { keyOf, type SecureParty } from "./secure-pair.ts";
import { KnownShares, playTo, recordConversation, type Tape, type Tapes } from "./secure-tape.ts";

/** Random changes of both roles together. IPC_TEST_LONG asks for the long form, a minute of work. */
const total = countOf("IPC_TEST_MUTATIONS", 2_000, 100_000);
// Each role has half of them and a file of its own, so that two cores share them.
const batches = isLong ? 10 : 1;
const each = Math.ceil(total / 2 / batches);

/** The deliveries beside the end, as text to compare. */
function told(delivered: readonly Delivered[]): string[] {
  return delivered.filter(([kind]) => kind !== "closed").map((one) => JSON.stringify(one));
}

/** Throws unless a victim delivered nothing but a beginning of what was said, and knows of it. */
function check(victim: SecureParty, honest: readonly string[], spared: boolean): void {
  const got = told(victim.delivered);
  const isBeginning = got.every((one, at) => one === honest[at]);
  if (!isBeginning) throw new Error(`delivered ${got.join()}`);
  if (spared) return;
  if (victim.end?.error === undefined) {
    throw new Error("took a mutilated conversation for a whole one");
  }
  if (!String(victim.errorCode).startsWith("IPC_")) throw victim.end.error;
}

/** The number of parts at the beginning that are as they were said. */
function sparedParts(tape: Tape, bytes: Buffer): number {
  let at = 0;
  const spared = tape.findIndex((part) => {
    const same = bytes.subarray(at, at + part.length).equals(part);
    at += part.length;
    return !same;
  });
  return spared === -1 ? tape.length : spared;
}

/** The tests of one role, whose peer's bytes are altered in every place and at random. */
export function describeMutations(role: Role): void {
  const peer = role === "client" ? "server" : "client";
  let key: PasswordKey;
  let shares: KnownShares;
  let tapes: Tapes;
  let others: Tapes;
  let honest: readonly string[];
  const { stackTraceLimit } = Error;

  beforeAll(async () => {
    key = await keyOf();
    shares = new KnownShares(key);
    tapes = recordConversation(key);
    others = recordConversation(key, { random: 0x77 });
    honest = told(tapes.delivered[role]);
    // A hundred thousand errors are made here, and their stacks are not read.
    Error.stackTraceLimit = 0;
  });

  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  describe(`a ${role} whose peer's bytes are altered on the way`, () => {
    it("hears all of the conversation when they are not", () => {
      const victim = playTo(role, key, shares, tapes.said[peer]);
      expect(told(victim.delivered)).toEqual(honest);
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
            check(victim, honest, false);
            expect(told(victim.delivered)).toEqual([]);
          }
        }
      }
    });

    it.each(Array.from({ length: batches }, (_, batch) => batch + 1))(
      `delivers a beginning of what was said, and ends with an error, after each of ${each} random changes (part %i of ${batches})`,
      () => {
        const tape = tapes.said[peer];
        const whole = Buffer.concat(tape);
        const sources = { own: tapes.said[role], other: others.said[peer] };
        let seed = firstSeed(randomInt(2 ** 30));
        for (let count = 0; count < each; seed++) {
          const chunks = mutate(tape, new Dice(seed), sources);
          const bytes = Buffer.concat(chunks);
          // Dice that change nothing do not count.
          if (bytes.equals(whole)) continue;
          count++;
          const victim = playTo(role, key, shares, chunks);
          try {
            // The goodbye is the last part but one; what follows it means nothing.
            check(victim, honest, sparedParts(tape, bytes) >= tape.length - 1);
          } catch (cause) {
            throw new Error(`IPC_TEST_SEED=${seed}: the change was accepted.`, { cause });
          }
        }
      },
      3_600_000,
    );
  });
}
