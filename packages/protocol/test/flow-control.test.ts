import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { MessageEncoder } from "../src/index.ts";
import { defaultLimits } from "../src/limits.ts";
import { errorBye, openServer, type Party } from "./party.ts";
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

/** The most that has waited, while each chunk of so many calls is followed by one write that the connection takes. */
function mostQueued(server: Party, count: number, text: string): number {
  let [id, queued] = [0, 0];
  for (let round = 0; round < 20 && server.phase === "open"; round++) {
    const calls = Array.from({ length: count }, () => `[${++id},"c","${text}"]\n`);
    server.feed(calls.join(""));
    queued = Math.max(queued, server.session.queuedBytes);
    server.session.handleDrain();
    server.bufferedBytes = 0;
    server.pump();
    server.take();
  }
  return queued;
}

/** Tells after each answer to so many events in one chunk whether the session was ripe for a write. */
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

  it("is followed by drain also where every emit answers false, with a high-water mark of 0", () => {
    const server = openServer({ limits: { highWaterMark: 0 } });
    expect(server.session.emit("e", 0)).toBe(false);
    server.pump();
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
  ])("is %d bytes behind a bound of 3072 for its time and then %s", (bytes, phase) => {
    const server = blocked({ maxQueuedBytes: 3 * 1024, stallTimeout: 500 });
    server.session.emit("e", "x".repeat(bytes - `["e",""]\n`.length));
    server.tick(1_000);
    expect(server.phase).toBe("open");
    server.tick(1_499);
    expect(server.phase).toBe("open");
    server.tick(1_500);
    expect(server.phase).toBe(phase);
  });

  it("loses its connection, with the numbers in the error, and the memory is let go", () => {
    const server = blocked({ maxQueuedBytes: 3 * 1024, stallTimeout: 500 });
    for (let count = 0; count < 5; count++) server.session.emit("e", data);
    server.tick(0);
    server.tick(500);
    expect(server.session.queuedBytes).toBeLessThan(100);
    expect(server.end).toMatchObject({
      reason: "slow-consumer",
      byPeer: false,
      error: {
        code: "IPC_SLOW_CONSUMER",
        message:
          "5128 bytes waited for the peer, which took none of them for 500 ms: maxQueuedBytes (3072) may wait without progress, for stallTimeout at most. Raise maxQueuedBytes, or emit less after emit has answered false, until drain.",
        context: { bytes: 5_128, limit: 3_072, stalled: 500 },
      },
    });
    server.drain();
    expect(server.take()).toBe(errorBye("IPC_SLOW_CONSUMER"));
  });

  it("is not judged by one run of emits while it reads", () => {
    const server = openServer({ limits: { maxQueuedBytes: 1024 } });
    for (let count = 0; count < 10; count++) server.session.emit("e", data);
    server.pump();
    expect(server.phase).toBe("open");
  });

  it("keeps its session as long as it takes something, however little", () => {
    const server = blocked({ maxQueuedBytes: 1_024, stallTimeout: 500 });
    for (let count = 0; count < 5; count++) server.session.emit("e", data);
    server.bufferedBytes = 20;
    for (let now = 0; now < 8_000; now += 400) {
      server.bufferedBytes -= 1;
      server.tick(now);
    }
    expect(server.phase).toBe("open");
    server.tick(8_600);
    server.tick(9_200);
    expect(server.end).toMatchObject({ reason: "slow-consumer" });
  });

  it("is not judged for a time in which the own loop was blocked and read nothing", () => {
    const server = blocked({ maxQueuedBytes: 3 * 1024, stallTimeout: 500 });
    server.session.emit("e", "x".repeat(3 * 1024));
    server.tick(0);
    server.tick(600, 590);
    expect([server.phase, server.deadline]).toEqual(["open", 1_190]);
    server.tick(1_190);
    expect(server.end?.error).toMatchObject({ code: "IPC_SLOW_CONSUMER" });
  });

  it("is given the same time for a call, whether or not much waits for it", () => {
    const server = blocked({ maxQueuedBytes: 3 * 1024 });
    server.invoke("call", undefined, 500);
    server.session.emit("e", "x".repeat(3 * 1024));
    server.pump();
    expect(server.deadline).toBe(0);
    // The loop was blocked until now: how late a timer for the next poll is says nothing.
    server.tick(600, 600);
    expect(server.outcomes).toEqual([]);
    server.tick(700);
    expect(server.outcomes).toEqual([["call", "IPC_CALL_TIMEOUT"]]);
  });

  it("is judged as soon as twice the bound has come together in more than one turn", () => {
    const server = blocked({ maxQueuedBytes: 3 * 1024 });
    for (let count = 0; count < 20; count++) server.session.emit("e", data);
    server.tick(0);
    server.tick(9_000);
    expect(server.phase).toBe("open");
    for (let count = 0; count < 3; count++) server.session.emit("e", data);
    server.tick(9_100);
    expect(server.end).toMatchObject({ reason: "slow-consumer" });
  });

  it("lets one run of emits fill maxBurstBytes, and what is emitted beyond is dropped and told", () => {
    const server = blocked({ maxQueuedBytes: 1_024, maxBurstBytes: 10 * 1024 });
    const answers = Array.from({ length: 15 }, () => server.session.emit("e", data));
    expect(answers.slice(10)).toEqual([false, false, false, false, false]);
    expect(server.session.calls.invoke("c", 1, { event: "c" }, 0, 0)).toMatchObject({
      code: "IPC_QUEUE_FULL",
      context: { limit: 10_240, option: "maxBurstBytes" },
    });
    server.pump();
    expect(server.reports).toEqual(["IPC_EVENT_DROPPED"]);
    server.drain();
    expect(server.session.stats.dropped).toEqual({ e: 5 });
    expect(server.take().match(/x{100}/g)).not.toBeNull();
    expect(server.phase).toBe("open");
  });

  it("cannot fill the memory with pongs", () => {
    const server = blocked({ maxQueuedBytes: 64 * 1024 });
    const pings = Buffer.from(`{"ping":0}\n`.repeat(5_000));
    let most = 0;
    for (let chunk = 0; chunk < 100; chunk++) {
      server.feed(pings);
      most = Math.max(most, server.session.queuedBytes);
    }
    expect(server.phase).toBe("closed");
    expect(most).toBeLessThan(64 * 1024 + pings.length + 100);
  });
});

describe("a peer that reads slowly and asks on", () => {
  const bound = 1024 * 1024;

  it("has no more replies wait for it than one and a half times the bound: those beyond fail", () => {
    const server = blocked({ maxQueuedBytes: bound });
    const failed: unknown[] = [];
    server.onDelivery = ([type, id, , echo]) => {
      if (type !== "call") return;
      try {
        server.session.calls.reply(id, echo);
      } catch (error) {
        failed.push(error);
        server.session.calls.refuse(id, "IPC_TOO_MANY_CALLS");
      }
    };
    expect(mostQueued(server, 50, "x".repeat(60_000))).toBeLessThan(1.9 * bound);
    expect(server.phase).toBe("open");
    expect(failed[0]).toMatchObject({ code: "IPC_QUEUE_FULL", context: { limit: bound } });
  });

  it("loses its session over answers that cannot be refused", () => {
    const server = blocked({ maxQueuedBytes: bound });
    server.onDelivery = ([type, id]) => {
      if (type === "call") server.session.calls.refuse(id, "IPC_NO_HANDLER", "x".repeat(1_000));
    };
    expect(mostQueued(server, 1_500, "")).toBeLessThan(3.9 * bound);
    expect(server.end).toMatchObject({ reason: "slow-consumer" });
  });
});

describe("an event for several sessions", () => {
  it("is encoded once, and its bytes are the same memory in each", () => {
    const encoder = new MessageEncoder(defaultLimits);
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
    const encoder = new MessageEncoder(defaultLimits);
    const event = encoder.encode("e", data);
    expect(openServer({ limits: { highWaterMark: 500 } }).session.emitEncoded(event)).toBe(false);
    const closed = openServer();
    closed.disconnect();
    expect(closed.session.emitEncoded(event)).toBe(false);
  });
});
