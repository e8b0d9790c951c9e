import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FaultWorld } from "../../test/fault-world.ts";
import type { Recorder } from "../../test/recorder.ts";
import { seededRandom } from "./seeded-random.ts";

let world: FaultWorld;

beforeEach(async () => {
  world = await FaultWorld.create();
});

function textsOf(heard: Recorder): string[] {
  return heard.chunks.map((chunk) => Buffer.from(chunk).toString());
}

describe("given split", () => {
  test("hands over chunks of one size, across what was sent", async () => {
    world.faults.split(4);
    const { client, atServer } = await world.connect();
    client.send("abcdef");
    client.send("gh");
    client.send("ij");
    world.turn();
    expect(textsOf(atServer)).toEqual(["abcd", "efgh", "ij"]);
  });

  test("hands over single bytes in one direction only", async () => {
    world.faults.split(1, "toServer");
    const { client, server, atClient, atServer } = await world.connect();
    client.send("abc");
    server.send("abc");
    world.turn();
    expect(textsOf(atServer)).toEqual(["a", "b", "c"]);
    expect(textsOf(atClient)).toEqual(["abc"]);
  });

  test("draws sizes from a range, the same ones for the same seed", async () => {
    world.faults.split({ min: 1, max: 3 });
    const { client, atServer } = await world.connect();
    client.send("x".repeat(100));
    world.turn();
    const sizes = atServer.chunks.map((chunk) => chunk.byteLength);
    expect(new Set(sizes)).toEqual(new Set([1, 2, 3]));
    const random = seededRandom(1);
    expect(sizes.slice(0, -1)).toEqual(sizes.slice(0, -1).map(() => 1 + Math.floor(random() * 3)));
  });

  test("owns what it hands over", async () => {
    world.faults.split(1);
    const { client, atServer } = await world.connect();
    client.send("ab");
    world.turn(1);
    expect(atServer.chunks[0]?.buffer.byteLength).toBe(1);
  });
});

describe("given a delay", () => {
  test("lets what is sent later wait no longer, and never overtake", async () => {
    world.faults.delay({ turns: 3 });
    const { client, atServer } = await world.connect();
    client.send("slow");
    world.faults.delay(0);
    client.send("fast");
    world.turn(3);
    expect(atServer.text).toBe("");
    world.turn(1);
    expect(atServer.text).toBe("slow");
    world.turn();
    expect(textsOf(atServer)).toEqual(["slow", "fast"]);
  });

  test("waits milliseconds of the test's own timer", async () => {
    world.faults.delay(20, "toServer");
    const { client, atServer } = await world.connect();
    client.send("a");
    client.close();
    world.turn();
    expect(atServer.text).toBe("");
    expect(world.timers.map(({ milliseconds }) => milliseconds)).toEqual([20, 20]);
    world.timers[0]?.task();
    world.turn();
    expect([atServer.text, atServer.closes]).toEqual(["a", 0]);
    world.timers[1]?.task();
    world.turn();
    expect(atServer.closes).toBe(1);
  });

  test("keeps the order when a later timer fires first", async () => {
    world.faults.delay({ min: 1, max: 50 });
    const { client, atServer } = await world.connect();
    client.send("first,");
    client.send("second");
    world.timers[1]?.task();
    world.turn();
    expect(atServer.text).toBe("");
    world.timers[0]?.task();
    world.turn();
    expect(textsOf(atServer)).toEqual(["first,", "second"]);
  });

  test("joins nothing that is still to wait", async () => {
    world.faults.split(100);
    world.faults.delay(5);
    const { client, atServer } = await world.connect();
    client.send("early");
    client.send("late");
    world.timers[0]?.task();
    world.turn();
    expect(atServer.text).toBe("early");
  });

  test("holds what was sent before an abort, of which 64 KiB arrive, and the end behind it", async () => {
    world.faults.delay(5);
    const { client, atServer } = await world.connect();
    client.send(Buffer.alloc(60_000));
    client.send(Buffer.alloc(60_000));
    world.faults.delay(0);
    client.abort();
    world.turn();
    expect([atServer.byteCount, atServer.closes]).toEqual([0, 0]);
    for (const { task } of world.timers) task();
    world.turn();
    expect([atServer.byteCount, atServer.closes]).toEqual([65_536, 1]);
  });

  test("is no concern of the side that aborts", async () => {
    world.faults.delay(20);
    const { client, atClient, atServer } = await world.connect();
    client.abort(new Error("enough"));
    world.turn();
    expect(atClient.error?.message).toBe("enough");
    expect(atServer.closes).toBe(0);
    world.timers[0]?.task();
    world.turn();
    expect(atServer.closes).toBe(1);
  });
});

describe("given a stall", () => {
  test("lets nothing arrive, holds the sender back, and goes on when released", async () => {
    const { client, server, atClient, atServer } = await world.connect();
    client.send("under way");
    world.faults.stall("toServer");
    expect(client.send(Buffer.alloc(65_536))).toBe(false);
    server.send("the other way");
    world.turn();
    expect(atServer.byteCount).toBe(0);
    expect(atClient.text).toBe("the other way");
    expect(client.bufferedBytes).toBe(65_536 + 9);
    expect(atClient.drains).toBe(0);
    world.faults.release("toServer");
    world.turn();
    expect(atServer.byteCount).toBe(65_536 + 9);
    expect(atClient.drains).toBe(1);
  });

  test("hides also the end of the peer, as a dead wire would", async () => {
    world.faults.stall();
    const { client, atClient, atServer } = await world.connect();
    client.abort();
    world.turn();
    expect([atClient.closes, atServer.closes]).toEqual([1, 0]);
    world.faults.release();
    world.turn();
    expect(atServer.closes).toBe(1);
  });

  test("ends when all faults are cleared", async () => {
    world.faults.stall();
    const { client, atServer } = await world.connect();
    client.send("held");
    world.turn();
    world.faults.clear();
    world.turn();
    expect(atServer.text).toBe("held");
  });
});

describe("given any faults that end nothing", () => {
  const plans = fc.record({
    seed: fc.integer(),
    longest: fc.integer({ min: 1, max: 9 }),
    turns: fc.integer({ min: 0, max: 4 }),
    texts: fc.array(fc.string({ maxLength: 20 }), { maxLength: 20 }),
    stallAt: fc.nat(20),
  });

  test("delivers exactly what was sent, in order, the same way each time", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async ({ seed, longest, turns, texts, stallAt }) => {
        const play = async (): Promise<string[]> => {
          world = await FaultWorld.create(seed);
          world.faults.split({ min: 1, max: longest });
          world.faults.delay({ turns: { min: 0, max: turns } });
          const { client, atServer } = await world.connect();
          texts.forEach((text, index) => {
            if (index === stallAt) world.faults.stall();
            client.send(text);
            world.turn(index % 3);
          });
          world.faults.release();
          client.close();
          world.turn();
          expect([atServer.text, atServer.closes]).toEqual([texts.join(""), 1]);
          return textsOf(atServer);
        };
        expect(await play()).toEqual(await play());
      }),
      { numRuns: 100 },
    );
  });
});
