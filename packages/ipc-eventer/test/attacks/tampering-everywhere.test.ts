import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { IPCClientOptions } from "../../src/index.ts";
import { expectNothingFalse } from "./expect-nothing-false.ts";
import { flip, instead, type ProxyOptions, type Side } from "./proxy.ts";
import { firstEvent, recordedScene } from "./recorded-scene.ts";
import { type Outcome, Scene } from "./scene.ts";

const stage = recordedScene();

/** IPC_TEST_LONG asks for the long form: every byte, and 2,000 connections. */
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const randomConnections = isLong ? 2_000 : 160;

/** The places to attack in so many bytes: all, or every eighth from a random one on. */
function placesIn(length: number): number[] {
  const step = isLong ? 1 : 8;
  const places: number[] = [];
  for (let at = isLong ? 0 : randomInt(step); at < length; at += step) places.push(at);
  return places;
}

/** Many connections, each with an attack of its own, against fresh servers so that no limit interferes. */
async function attackAll(
  attacks: readonly ProxyOptions[],
  wishes?: IPCClientOptions,
  where = stage.scene,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const batch = 32;
  for (let at = 0; at < attacks.length; at += batch) {
    await where.renew();
    const talks = attacks.slice(at, at + batch).map((attack) => where.talk(attack, wishes));
    outcomes.push(...(await Promise.all(talks)));
  }
  for (const [, data] of where.heard) expect([0, 1, 2]).toContain(data);
  for (const outcome of outcomes) expectNothingFalse(outcome);
  return outcomes;
}

describe("an attacker that tries every place", () => {
  it.each(["client", "server"] as const)(
    "turns a bit of each byte of the %s's preface, and no session comes about",
    async (by) => {
      const { length } = stage.recorded[by][0] ?? Buffer.alloc(0);
      const outcomes = await attackAll(
        placesIn(length).map((at) => ({
          rewrite: instead(by, 0, (part) => [flip(part, at, 1 << randomInt(8))]),
        })),
      );
      for (const { code, heard } of outcomes) {
        expect(heard).toEqual([]);
        expect(code).toMatch(
          /^IPC_(AUTHENTICATION_FAILED|NOT_IPC|VERSION_MISMATCH|REFUSED|HANDSHAKE_TIMEOUT|SHARE_INVALID|PEER_GONE|LIMITS_TOO_LOW)$/,
        );
      }
    },
    60_000,
  );

  it("turns a bit of each byte of a record, and the record is not delivered", async () => {
    for (const by of ["client", "server"] as const) {
      const { length } = stage.recorded[by][firstEvent] ?? Buffer.alloc(0);
      const outcomes = await attackAll(
        placesIn(length).map((at) => ({
          // Of the length's middle byte the lowest bit: the record lasts until pongs have filled it.
          rewrite: instead(by, firstEvent, (part) => [
            flip(part, at, at === 2 ? 1 : 1 << randomInt(8)),
          ]),
        })),
      );
      for (const { code, heard } of outcomes) {
        expect(heard).toEqual([]);
        expect(code).toMatch(/^IPC_(RECORD_\w+|REFUSED|PEER_GONE|HEARTBEAT_TIMEOUT)$/);
      }
    }
  });

  it.each(["client", "server"] as const)(
    "cuts the connection at every byte of the %s, and it never looks complete",
    async (by) => {
      const { length } = Buffer.concat(stage.recorded[by].slice(0, 4));
      const outcomes = await attackAll(placesIn(length).map((after) => ({ cut: { by, after } })));
      for (const { code, heard } of outcomes) {
        expect(heard.length).toBeLessThan(3);
        expect(code).toMatch(/^(IPC_PEER_GONE|EPIPE|ECONNRESET)$/);
      }
    },
    60_000,
  );
});

describe("an attacker that tries at random", () => {
  it(`gets nothing false delivered in ${randomConnections} connections`, async () => {
    const seed = randomInt(2 ** 20);
    const attacks = Array.from({ length: randomConnections }, (_, at): ProxyOptions => {
      const number = seed + at;
      const [by, index]: [Side, number] = [number % 2 === 0 ? "client" : "server", number % 5];
      const make = randomChanges[number % randomChanges.length] ?? ((part): Buffer[] => [part]);
      return { rewrite: instead(by, index, (part) => make(part, number)) };
    });
    // Most of the time passes in waiting for what was dropped: four servers wait at once.
    const scenes = await Promise.all(Array.from({ length: 4 }, () => Scene.set()));
    const shares = scenes.map((where, share) =>
      attackAll(
        attacks.filter((_, at) => at % scenes.length === share),
        impatient,
        where,
      ),
    );
    const outcomes = (await Promise.all(shares)).flat();
    await Promise.all(scenes.map((where) => where.end()));
    expect(outcomes.length).toBe(randomConnections);
    for (const { code, heard } of outcomes) {
      expect(heard.length === 3 || code !== undefined, `seed ${seed}`).toBe(true);
    }
  });
});

const impatient = { handshakeTimeout: 500, heartbeatInterval: 100, heartbeatTimeout: 400 };

/** The changes that may be made to a part, chosen by a number. */
const randomChanges: readonly ((part: Buffer, number: number) => Buffer[])[] = [
  (part, number) => [flip(part, (number * 7919) % part.length, 1 << (number % 8))],
  (part) => [part, part],
  () => [],
  (part, number) => [part.subarray(0, (number * 104_729) % part.length)],
  (part) => [Buffer.concat([part, Buffer.of(0)])],
  (part, number) => [
    flip(flip(part, number % part.length, 0x55), (number * 31) % part.length, 0xaa),
  ],
  (part) => [Buffer.from(part.toReversed())],
];
