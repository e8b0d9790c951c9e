import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { EventEncoder } from "../src/index.ts";
import { defaultLimits } from "../src/limits.ts";
import { openServer, type Party } from "./party.ts";
import { keyOf, knownPair, SecurePair } from "./secure-pair.ts";

/** A line of 1 KiB. */
const data = "x".repeat(1024 - `["e",""]\n`.length);

function blocked(limits: object = {}): Party {
  const server = openServer({ limits });
  server.blocks = true;
  server.session.emit("e", 0);
  server.pump();
  server.take();
  return server;
}

/** Whether the session was ripe for a write after each answer to so many events in one chunk. */
function ripeness(count: number, answers = count): boolean[] {
  const server = openServer();
  const seen: boolean[] = [];
  server.onDelivery = () => {
    if (seen.length === answers) return;
    server.session.emit("answer", 1);
    seen.push(server.session.ripe);
    if (server.session.ripe) server.session.writeOut(server);
  };
  server.feed('["e"]\n'.repeat(count));
  return seen;
}

/** The answers at which a write was worth its while. */
function ripeAt(seen: readonly boolean[]): number[] {
  return seen.flatMap((ripe, index) => (ripe ? [index] : []));
}

describe("emit", () => {
  it("answers false from the high-water mark on, and drain follows when all has left", () => {
    const server = openServer({ limits: { highWaterMark: 3 * 1024 } });
    const answers = [1, 2, 3, 4].map(() => server.session.emit("e", data));
    expect(answers).toEqual([true, true, false, false]);
    server.pump();
    expect(server.take()).toHaveLength(4 * 1024);
    expect(server.events).toEqual([["drain", undefined]]);
    expect(server.session.emit("e", data)).toBe(true);
    server.pump();
    expect(server.events).toHaveLength(1);
  });

  it("counts what the connection holds to the mark", () => {
    const server = openServer({ limits: { highWaterMark: 3 * 1024 } });
    server.blocks = true;
    server.session.emit("e", data);
    server.pump();
    expect(server.session.queuedBytes).toBe(1024);
    expect(server.session.emit("e", data)).toBe(true);
    expect(server.session.emit("e", data)).toBe(false);
    expect(server.session.queuedBytes).toBe(3 * 1024);
    server.pump();
    expect(server.take()).toHaveLength(1024);
    server.drain();
    expect(server.take()).toHaveLength(2 * 1024);
    expect(server.events).toEqual([["drain", undefined]]);
  });

  it("lets drain wait for a second block", () => {
    const server = blocked({ highWaterMark: 1024 });
    server.session.emit("e", data);
    server.session.handleDrain();
    server.pump();
    expect(server.events).toEqual([]);
    server.drain();
    expect(server.events).toEqual([["drain", undefined]]);
  });
});

describe("the answers to what came in one chunk", () => {
  it("leave in two halves, so that the peer has work while the second is made", () => {
    expect(ripeAt(ripeness(32))).toEqual([15]);
    expect(ripeAt(ripeness(1_001))).toEqual([499]);
  });

  it("leave together if they are few", () => {
    expect(ripeAt(ripeness(31))).toEqual([]);
    expect(ripeAt(ripeness(100, 49))).toEqual([]);
  });

  it("leave together up to twice as many if each write is a record", async () => {
    const pair = new SecurePair(knownPair(await keyOf()));
    pair.settle();
    for (const [count, expected] of [
      [63, []],
      [64, [31]],
    ] as const) {
      const { client, server } = pair;
      const seen: boolean[] = [];
      server.onDelivery = () => {
        server.session.emit("answer", 1);
        seen.push(server.session.ripe);
        if (server.session.ripe) server.session.writeOut(server);
      };
      for (let n = 0; n < count; n++) client.session.emit("e", 1);
      pair.settle();
      expect(seen).toHaveLength(count);
      expect(ripeAt(seen)).toEqual(expected);
    }
  });
});

describe("a peer that does not read", () => {
  it.each([
    [3 * 1024 - 1, "open"],
    [3 * 1024, "closed"],
    [3 * 1024 + 1, "closed"],
  ])("is %d bytes behind a bound of 3072 and then %s", (bytes, phase) => {
    const server = blocked({ maxQueuedBytes: 3 * 1024 });
    server.session.emit("e", "x".repeat(bytes - `["e",""]\n`.length));
    server.pump();
    expect(server.session.phase).toBe(phase);
  });

  it("loses its connection, and the memory is let go", () => {
    const server = blocked({ maxQueuedBytes: 3 * 1024 });
    for (let count = 0; count < 5; count++) server.session.emit("e", data);
    server.pump();
    expect(server.session.queuedBytes).toBeLessThan(100);
    expect(server.end).toMatchObject({
      reason: "slow-consumer",
      byPeer: false,
      error: { code: "IPC_SLOW_CONSUMER" },
    });
    server.drain();
    expect(server.take()).toBe(`{"error":"IPC_SLOW_CONSUMER"}\n`);
  });

  it("is not judged by one run of emits while it reads", () => {
    const server = openServer({ limits: { maxQueuedBytes: 1024 } });
    for (let count = 0; count < 10; count++) server.session.emit("e", data);
    server.pump();
    expect(server.session.phase).toBe("open");
  });

  it("cannot fill the memory with pongs", () => {
    const server = blocked({ maxQueuedBytes: 64 * 1024 });
    const pings = Buffer.from(`{"ping":0}\n`.repeat(5_000));
    let most = 0;
    for (let chunk = 0; chunk < 100; chunk++) {
      server.feed(pings);
      most = Math.max(most, server.session.queuedBytes);
    }
    expect(server.session.phase).toBe("closed");
    expect(most).toBeLessThan(64 * 1024 + pings.length + 100);
  });
});

describe("an event for several sessions", () => {
  it("is encoded once, and its bytes are the same memory in each", () => {
    const encoder = new EventEncoder(defaultLimits);
    const sessions = [openServer({ encoder }), openServer({ encoder }), openServer({ encoder })];
    const event = encoder.encode("e", { picture: Buffer.from("x".repeat(100)), text: data });
    for (const { session } of sessions) session.emitEncoded(event);
    for (const one of sessions) one.pump();
    const [first, ...others] = sessions.map(({ written }) => written);
    expect(first).toHaveLength(2);
    for (const other of others) {
      other.forEach((chunk, index) => expect(chunk).toBe(first?.[index]));
    }
  });

  it("answers as emit does", () => {
    const encoder = new EventEncoder(defaultLimits);
    const event = encoder.encode("e", data);
    expect(openServer({ limits: { highWaterMark: 500 } }).session.emitEncoded(event)).toBe(false);
    const closed = openServer();
    closed.disconnect();
    expect(closed.session.emitEncoded(event)).toBe(false);
  });
});
