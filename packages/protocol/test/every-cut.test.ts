import { Buffer } from "node:buffer";
import { randomBytes, randomInt } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { PasswordKey } from "@ipc/crypto";
import type { SecurityOptions } from "../src/secure.ts";

import { isLong } from "./dice.ts";
import { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";
import { keyOf } from "./secure-pair.ts";

type Way = "client" | "server";

/** IPC_TEST_LONG asks for every place; else it is every so many from a random one on. */
const steps = isLong ? { open: 1, sealed: 1 } : { open: 3, sealed: 7 };

const large = "x".repeat(300_000);
let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf();
});

function security(): SecurityOptions {
  return { key, random: randomBytes(32) };
}

/** A pair whose conversation is under way: events, binary values, calls in both directions, a flush. */
function talking(withPassword: boolean, withLarge: boolean): RecoveryPair {
  const pair = new RecoveryPair(withPassword ? { security } : {});
  pair.connect();
  for (const side of [pair.client, pair.server]) {
    side.session?.emit("e", "one");
    side.session?.emit("e", { bytes: Buffer.from(side.role) });
    side.session?.emitWith("e", "in time", { ttl: 60_000 }, pair.now);
    if (withLarge) side.session?.emit("e", large);
    side.session?.calls.invoke("c", side.role, { event: "c" }, 0, pair.now);
    side.session?.calls.invoke("c", Buffer.from("!"), { event: "c" }, 0, pair.now);
    side.session?.flush(side);
    side.session?.emit("e", "last");
  }
  pair.write();
  return pair;
}

/** Let everything go on until so many bytes have come to one side, then cut. Answers false if there were fewer. */
function cutAt(pair: RecoveryPair, way: Way, offset: number): boolean {
  const other = way === "client" ? "server" : "client";
  let left = offset;
  while (left > 0 && pair.connected) {
    const before = pair.pending(way);
    pair.arrive(way, left);
    left -= Math.min(before, left);
    pair.arrive(other);
    if (before === 0 && pair.pending(way) === 0) break;
  }
  pair.cut();
  return left === 0;
}

/** The whole conversation has arrived, exactly once. */
function expectAll(pair: RecoveryPair, withLarge: boolean): void {
  pair.connect();
  pair.pass(1_000);
  for (const side of [pair.client, pair.server]) {
    const peer: Side = side === pair.client ? pair.server : pair.client;
    const events = side.events.filter((data) => data !== "in time" && data !== large);
    expect(events).toEqual(["one", { bytes: Buffer.from(peer.role) }, "last"]);
    expect(side.events).toHaveLength(withLarge ? 5 : 4);
    const calls = side.seen.filter(([kind]) => kind === "call");
    expect(calls).toHaveLength(2);
    expect(side.seen.filter(([kind]) => kind === "reply")).toEqual(
      expect.arrayContaining([
        ["reply", "c", { type: "data", data: side.role }],
        ["reply", "c", { type: "data", data: Buffer.from("!") }],
      ]),
    );
    expect(side.count("reply")).toBe(2);
    expect(side.seen.filter(([kind]) => kind === "flushed")).toEqual([
      ["flushed", side, undefined],
    ]);
    expect(side.count("connected")).toBe(1);
  }
}

describe.each([
  ["in plaintext", false],
  ["with a password", true],
])("a conversation %s", (_, withPassword) => {
  it.each(["server", "client"] as const)(
    "arrives exactly once wherever the bytes to the %s are cut",
    (way) => {
      const step = withPassword ? steps.sealed : steps.open;
      let offset = randomInt(step);
      for (let more = true; more; offset += step) {
        const pair = talking(withPassword, false);
        more = cutAt(pair, way, offset);
        expectAll(pair, false);
      }
      expect(offset).toBeGreaterThan(270);
    },
  );

  it.each(["server", "client"] as const)(
    "arrives exactly once wherever the bytes to the %s are cut again while it goes on",
    (way) => {
      const step = withPassword ? steps.sealed : steps.open;
      let offset = randomInt(step);
      for (let more = true; more; offset += step) {
        const pair = talking(withPassword, false);
        cutAt(pair, "server", 150);
        pair.dial();
        more = cutAt(pair, way, offset);
        expectAll(pair, false);
      }
      expect(offset).toBeGreaterThan(220);
    },
  );
});

describe("a conversation with a large message", () => {
  it.each(["server", "client"] as const)(
    "arrives exactly once wherever the bytes to the %s are cut",
    (way) => {
      const part = 65_536;
      const edges = [0, 1, 2, 3, 4, 5].flatMap((count) =>
        [-1, 0, 1, 9, 400].map((by) => count * part + by),
      );
      for (const offset of edges) {
        const pair = talking(false, true);
        cutAt(pair, way, Math.max(0, offset));
        expectAll(pair, true);
      }
    },
  );
});
