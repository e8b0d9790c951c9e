import { Buffer } from "node:buffer";
import type { PasswordKey } from "@ipc/crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Delivered } from "./delivered.ts";
import { keyOf, type SecureParty } from "./secure-pair.ts";
import { KnownShares, playTo, recordConversation, type Tape, type Tapes } from "./secure-tape.ts";

let key: PasswordKey;
let shares: KnownShares;
let tapes: Tapes;

beforeAll(async () => {
  key = await keyOf();
  shares = new KnownShares(key);
  tapes = recordConversation(key);
});

/** The parts that lie within the first bytes, the last of them perhaps not whole. */
function firstBytes(tape: Tape, length: number): readonly Buffer[] {
  let rest = length;
  return tape.map((part) => {
    const piece = part.subarray(0, rest);
    rest -= piece.length;
    return piece;
  });
}

function byteByByte(chunks: readonly Buffer[]): readonly Buffer[] {
  return chunks.flatMap((chunk) => Array.from(chunk, (byte) => Buffer.of(byte)));
}

/** The deliveries beside the end. */
function told({ delivered }: { readonly delivered: readonly Delivered[] }): readonly Delivered[] {
  return delivered.filter(([kind]) => kind !== "closed");
}

function endOf(victim: SecureParty): unknown {
  return [victim.phase, victim.end?.reason, victim.end?.byPeer, victim.errorCode];
}

const broken = ["closed", "peer-gone", false, "IPC_PEER_GONE"];
const complete = ["closed", "requested", true, undefined];

describe.each(["client", "server"] as const)("a %s whose peer's bytes end early", (role) => {
  const peer = role === "client" ? "server" : "client";

  it.each([
    ["part by part", (chunks: readonly Buffer[]) => chunks],
    ["byte by byte", byteByByte],
  ])(
    "delivers what is whole, and knows that the rest is missing, wherever the cut is (%s)",
    (_, cutUp) => {
      const tape = tapes.said[peer];
      const goodbye = tape.length - 2;
      const whole = told({ delivered: tapes.delivered[role] });
      const counts: number[] = [];
      for (const [index, part] of tape.entries()) {
        const before = Buffer.concat(tape.slice(0, index)).length;
        const atBoundary = playTo(role, key, shares, firstBytes(tape, before));
        for (let at = before; at < before + part.length; at++) {
          const victim = playTo(role, key, shares, cutUp(firstBytes(tape, at)));
          expect(told(victim), `byte ${at}`).toEqual(told(atBoundary));
          expect(endOf(victim), `byte ${at}`).toEqual(index > goodbye ? complete : broken);
        }
        expect(told(atBoundary)).toEqual(whole.slice(0, told(atBoundary).length));
        counts.push(told(atBoundary).length);
      }
      // Preface, Finished, hello or welcome, two events, goodbye, and that no record follows.
      expect(counts).toEqual([0, 0, 0, 1, 2, 3, 3]);
    },
  );
});
