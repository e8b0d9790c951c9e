import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FaultWorld } from "../test/fault-world.ts";
import type { Recorder } from "../test/recorder.ts";
import type { Cut, Direction } from "./connection-faults.ts";

let world: FaultWorld;

beforeEach(async () => {
  world = await FaultWorld.create();
});

describe.each<[Cut, object | undefined]>([
  ["reset", expect.objectContaining({ code: "ECONNRESET" }) as object],
  ["end", undefined],
])("given a cut as %s", (how, error) => {
  test("ends both sides at once, once, and loses what is under way", async () => {
    const { client, server, atClient, atServer } = await world.connect();
    world.faults.delay(2);
    client.send("lost");
    server.close();
    world.faults.cut(how);
    world.faults.cut(how);
    world.turn();
    client.send("too late");
    world.turn();
    expect([atClient.text, atServer.text]).toEqual(["", ""]);
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    expect([atClient.error, atServer.error]).toEqual([error, error]);
    expect([client.open, server.open, client.bufferedBytes]).toEqual([false, false, 0]);
  });

  test("ends a connection that is stalled, and stays cut whatever is said later", async () => {
    const { client, atClient, atServer } = await world.connect();
    world.faults.stall();
    client.send("lost");
    world.faults.cut(how);
    world.faults.stall();
    world.turn();
    expect([atClient.error, atServer.error]).toEqual([error, error]);
    expect([atClient.closes, atServer.closes, atServer.byteCount]).toEqual([1, 1, 0]);
  });

  test.each<[Direction, number]>([
    ["toServer", 0],
    ["toServer", 1],
    ["toClient", 6],
    ["toClient", 7],
  ])("ends it after exactly so many bytes (%s, %i)", async (direction, count) => {
    world.faults.cutAfter(count, direction, how);
    const { client, server, atClient, atServer } = await world.connect();
    const [sender, receiver] = direction === "toServer" ? [client, atServer] : [server, atClient];
    sender.send("abcd");
    sender.send("efghi");
    world.turn();
    expect(receiver.text).toBe("abcdefghi".slice(0, count));
    expect(world.faults.arrived(direction)).toBe(count);
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    expect([atClient.error, atServer.error]).toEqual([error, error]);
  });

  test("ends it at once when that many bytes have arrived already", async () => {
    const { client, atClient, atServer } = await world.connect();
    client.send("abc");
    world.turn();
    world.faults.cutAfter(3, "toServer", how);
    world.turn();
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
  });

  test("ends nothing before its last byte has arrived", async () => {
    world.faults.cutAfter(4, "toServer", how);
    const { client, atServer } = await world.connect();
    client.send("abc");
    world.turn();
    expect([atServer.text, atServer.closes]).toEqual(["abc", 0]);
  });
});

describe("given a reader that has paused", () => {
  test("tells it of a reset at once, and of a clean end when it resumes", async () => {
    const [first, second] = [await world.connect(), await world.connect()];
    first.server.pause();
    second.server.pause();
    world.faults.connection(0).cut("reset");
    world.faults.connection(1).cut("end");
    world.turn();
    expect([first.atServer.closes, second.atServer.closes]).toEqual([1, 0]);
    second.server.resume();
    world.turn();
    expect(second.atServer.closes).toBe(1);
  });
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
    world.faults.delay(3);
    const { client, atServer } = await world.connect();
    client.send("slow");
    world.faults.delay(0);
    client.send("fast");
    world.turn();
    expect(atServer.text).toBe("");
    world.timers[0]?.task();
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
    world.faults.delay(50);
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
    size: fc.integer({ min: 1, max: 9 }),
    delays: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
    texts: fc.array(fc.string({ maxLength: 20 }), { maxLength: 20 }),
    stallAt: fc.nat(20),
  });

  test("delivers exactly what was sent, in order, the same way each time", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async ({ size, delays, texts, stallAt }) => {
        const play = async (): Promise<string[]> => {
          world = await FaultWorld.create();
          world.faults.split(size);
          const { client, atServer } = await world.connect();
          texts.forEach((text, index) => {
            if (index === stallAt) world.faults.stall();
            world.faults.delay(delays[index % delays.length] ?? 0);
            client.send(text);
            world.turn(index % 3);
            if (index % 4 === 0) world.elapse();
          });
          world.faults.release();
          client.close();
          world.elapse();
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
