import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import type { PasswordKey } from "@ipc/crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type Dice, isLong, playSeeds } from "./dice.ts";
import { welcome } from "./party.ts";
import { keyOf, SecurePair, type SecureParty } from "./secure-pair.ts";

/** IPC_TEST_LONG asks for the long form. */
const runs = isLong ? 2_000 : 150;

let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf();
});

const ignore = (): void => undefined;
const ignoreCalls = { handleCall: ignore, handleCancel: ignore, handleReply: ignore };

/** The acts of an application on a session, in any order. */
const acts: readonly ((party: SecureParty, dice: Dice) => void)[] = [
  (party) => party.session.emit("event", "x".repeat(600)),
  (party) => party.session.emit("file", Buffer.alloc(2_000)),
  (party) => party.session.ping(1 + party.delivered.length),
  (party) => party.session.accept(welcome, party.now),
  (party) => party.session.calls.invoke("call", 1, { event: "call" }, 50, party.now),
  (party, dice) => {
    // A full queue takes no reply: that is thrown at its sender.
    if (party.session.queuedBytes < 4_096) party.session.calls.reply(dice.roll(3), "answer");
  },
  (party, dice) => party.session.calls.cancel(dice.roll(3)),
  (party, dice) => party.session.calls.refuse(dice.roll(3), "IPC_NO_HANDLER"),
  (party, dice) => dice.roll(8) === 0 && party.session.close({ reason: "requested" }, party.now),
];

/** The acts of a connection and a clock, in any order. */
const inputs: readonly ((party: SecureParty, dice: Dice) => void)[] = [
  (party, dice) => dice.roll(20) === 0 && party.machine.handleDisconnect(),
  (party) => party.machine.handleDrain(),
  (party, dice) => {
    party.blocks = dice.roll(2) === 0;
    if (!party.blocks) party.bufferedBytes = 0;
  },
  (party, dice) => {
    party.now += dice.roll(4_000);
    party.machine.handleTimeout(party.now);
  },
  (party, dice) => dice.roll(20) === 0 && party.machine.handleBytes(dice.bytes(5), party.now),
  (party) => party.machine.writeOut(party),
];

describe("a session with a password", () => {
  it("throws in no order of commands and inputs", () => {
    playSeeds(runs, randomInt(2 ** 30), (dice) => {
      const random = Buffer.alloc(32);
      const side = {
        security: { key, random, rekey: { recordsPerKey: 3 } },
        limits: { maxQueuedBytes: 4_096, highWaterMark: 1_024 },
      };
      const pair = new SecurePair({
        client: side,
        server: { ...side, accepts: dice.roll(2) === 0 },
      });
      const parties = [pair.client, pair.server];
      for (const party of parties) Object.assign(party, ignoreCalls);
      for (let step = 0; step < 60; step++) {
        const party = parties[dice.roll(2)] ?? pair.client;
        const act = dice.roll(acts.length + inputs.length);
        if (act >= acts.length) inputs[act - acts.length]?.(party, dice);
        else if (party.begun) acts[act]?.(party, dice);
        if (dice.roll(2) === 0) pair.settle();
      }
      for (const party of parties) party.disconnect();
      for (const { phase } of parties) expect(phase).toBe("closed");
    });
  });
});
