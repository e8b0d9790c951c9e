import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";

function connected(options: RecoveryPairOptions = {}): RecoveryPair {
  const pair = new RecoveryPair(options);
  pair.connect();
  return pair;
}

function kinds(side: RecoveryPair["client"]): string[] {
  return side.seen.map(([kind]) => kind);
}

describe("a session that outlives its connection", () => {
  it("goes on where it was cut, in both directions", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.server.session?.emit("e", "a");
    pair.settle();
    pair.client.session?.emit("e", 2);
    pair.server.session?.emit("e", "b");
    pair.write();
    pair.cut();
    pair.client.session?.emit("e", 3);
    pair.server.session?.emit("e", "c");
    expect(pair.client.session?.phase).toBe("parked");
    pair.connect();
    expect(pair.server.events).toEqual([1, 2, 3]);
    expect(pair.client.events).toEqual(["a", "b", "c"]);
    expect(kinds(pair.client)).toEqual([
      "connected",
      "event",
      "parked",
      "resumed",
      "event",
      "event",
    ]);
  });

  it("ends on both sides when nobody comes back in time", () => {
    const pair = connected();
    pair.cut();
    pair.client.session?.emit("e", 1);
    pair.pass(4_999);
    expect(pair.client.session?.phase).toBe("parked");
    pair.pass(1);
    expect(pair.client.ends[0]).toMatchObject({ reason: "lost", byPeer: false });
    expect(pair.client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: 1 }]);
    expect(pair.server.ends).toHaveLength(1);
  });

  it("ends with its connection where the client does not ask for more", () => {
    const pair = connected({ recovers: false });
    pair.cut();
    expect(pair.client.ends[0]).toMatchObject({ reason: "peer-gone" });
    expect(pair.server.ends[0]).toMatchObject({ reason: "peer-gone" });
  });

  it("does not deliver again what still waits for its listeners", () => {
    const pair = connected();
    pair.server.held = true;
    for (const data of [1, 2, 3]) pair.client.session?.emit("e", data);
    pair.write();
    pair.arrive("server");
    pair.cut();
    pair.dial();
    pair.arrive("server");
    pair.arrive("client");
    pair.arrive("server");
    // The server has listened to all, and only the welcome has reached the client.
    pair.server.held = false;
    pair.settle();
    pair.pass(200);
    expect(pair.server.events).toEqual([1, 2, 3]);
    expect(pair.client.session?.phase).toBe("open");
    expect(pair.client.session?.unconfirmedBytes).toBe(0);
  });

  it("acknowledges on a new connection only what has come on it", () => {
    const pair = connected();
    pair.server.held = true;
    pair.client.session?.emit("e", 1);
    pair.settle();
    pair.cut();
    pair.client.session?.emit("e", 2);
    pair.dial();
    pair.arrive("server");
    pair.arrive("client");
    pair.arrive("server");
    pair.client.blocked = true;
    pair.arrive("client");
    pair.server.held = false;
    pair.settle();
    expect(pair.client.session?.phase).toBe("open");
    pair.client.drain();
    pair.settle();
    expect(pair.server.events).toEqual([1, 2]);
  });

  it("is kept for as long as its server may still answer", () => {
    const pair = connected();
    pair.cut();
    pair.pass(4_000);
    pair.dial();
    pair.now += 3_000;
    pair.client.tick();
    expect(pair.client.session?.phase).toBe("parked");
    pair.now += 2_000;
    pair.client.tick();
    pair.client.tick();
    expect(pair.client.session?.phase).toBe("closed");
  });

  it("is not kept longer for a connection that failed", () => {
    const pair = connected();
    pair.cut();
    pair.pass(4_000);
    pair.dial();
    pair.client.carried?.handleBytes(Buffer.from("nonsense\n"), pair.now);
    pair.cut();
    pair.pass(1_000);
    expect(pair.client.session?.phase).toBe("closed");
  });

  it("waits for another connection when its peer has fallen silent", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.now += 15_000;
    pair.client.tick();
    pair.client.takeBytes();
    pair.now += 10_000;
    pair.client.tick();
    expect(pair.client.seen.at(-1)).toMatchObject(["parked", { reason: "timed-out" }]);
    pair.connect();
    expect(pair.server.events).toEqual([1]);
    expect(pair.client.count("resumed")).toBe(1);
  });

  it("runs through a day of heartbeats, drops and recoveries: 9,361 pings, 720 recoveries", () => {
    const pair = connected();
    const minute = 60_000;
    let pings = 0;
    for (let hour = 0; hour < 24; hour++) {
      for (let turn = 0; turn < 30; turn++) {
        const before = pair.pings;
        pair.pass(2 * minute - 1_000);
        pings += pair.pings - before;
        pair.client.session?.emit("e", turn);
        pair.write();
        pair.cut();
        pair.pass(1_000);
        pair.connect();
      }
    }
    expect(pair.client.count("resumed")).toBe(720);
    expect(pair.server.events).toHaveLength(720);
    expect(pings).toBe(9_361);
    expect(pair.client.session?.unconfirmedBytes).toBeLessThan(1_000);
  });
});

describe("the end of a session", () => {
  it("says what arrived, may have arrived and surely did not", () => {
    const pair = connected();
    const { session } = pair.client;
    session?.emit("e", "arrived");
    pair.settle();
    pair.pass(200);
    session?.emit("e", Buffer.from("on its way"));
    session?.calls.invoke("sent", 1, { event: "sent" }, 0, 0);
    pair.write();
    pair.cut();
    session?.emit("e", "offline");
    session?.calls.invoke("offline", 1, { event: "offline" }, 0, 0);
    session?.flush({});
    pair.pass(5_000);
    const end = pair.client.ends[0];
    expect(end?.lost?.unconfirmed).toEqual([{ event: "e", data: Buffer.from("on its way") }]);
    expect(end?.lost?.unsent).toEqual([{ event: "e", data: "offline" }]);
    const outcomes = pair.client.seen.flatMap((one) => (one[0] === "reply" ? [one] : []));
    expect(outcomes).toMatchObject([
      ["reply", "sent", { error: { code: "IPC_CALL_LOST", context: { outcome: "unknown" } } }],
      ["reply", "offline", { error: { code: "IPC_CALL_LOST", context: { outcome: "not sent" } } }],
    ]);
    expect(pair.client.seen.find(([kind]) => kind === "flushed")?.[2]).toMatchObject({
      code: "IPC_SESSION_LOST",
    });
  });

  it("knows from the server's count what has arrived after all", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.client.session?.flush(pair);
    pair.write();
    pair.arrive("server");
    pair.cut();
    pair.client.session?.lose([1]);
    pair.client.pump();
    expect(pair.client.ends[0]?.lost).toBeUndefined();
    expect(pair.client.seen).toContainEqual(["flushed", pair, undefined]);
  });

  it("carries what was never sent into the next session, lanes and terms included", () => {
    const pair = connected();
    pair.server.session?.lose();
    pair.cut();
    const { session } = pair.client;
    session?.emit("e", "plain");
    session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
    session?.emit("e", Buffer.from("bytes"));
    session?.emitWith("e", "too late", { ttl: 100 }, 0);
    session?.emitWith("e", "in time", { ttl: 60_000 }, 0);
    session?.emitWith("e", "older", { conflate: "k", lane: 2 }, 0);
    session?.emitWith("e", "newer", { conflate: "k", lane: 2 }, 0);
    pair.now = 5_000;
    pair.server.tick();
    pair.connect();
    expect(pair.client.count("connected")).toBe(2);
    expect(pair.server.events).toEqual(
      expect.arrayContaining(["plain", Buffer.from("bytes"), "in time", "newer"]),
    );
    expect(pair.server.events).toHaveLength(4);
    expect(pair.server.count("call")).toBe(0);
  });

  it("by the peer leaves unsent what the peer would not have read", () => {
    const pair = connected();
    pair.client.blocked = true;
    pair.client.session?.emit("e", 1);
    pair.client.pump();
    pair.client.session?.emit("e", 2);
    pair.server.session?.close("kicked", 0);
    pair.settle();
    const end = pair.client.ends[0];
    expect(end).toMatchObject({ reason: "kicked", byPeer: true });
    expect(end?.lost?.unsent).toEqual([{ event: "e", data: 2 }]);
  });

  it("tells the peer that leaves of all that was delivered", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.client.session?.close("requested", 0);
    pair.settle();
    expect(pair.server.events).toEqual([1]);
    expect(pair.client.ends).toEqual([{ reason: "requested", byPeer: false, message: undefined }]);
  });

  it("lets a large message leave first", () => {
    const pair = connected({ limits: { maxUnconfirmedBytes: 1_000 } });
    pair.client.session?.emit("e", "x".repeat(400_000));
    pair.client.session?.emit("e", 2);
    pair.client.session?.close("requested", 0);
    pair.settle();
    expect(pair.server.events).toHaveLength(2);
    expect(pair.server.ends[0]).toMatchObject({ reason: "requested" });
  });

  it("of both sides at once says what neither has read", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.client.session?.close("requested", 0);
    pair.server.session?.emit("e", "a");
    pair.server.session?.close("kicked", 0);
    pair.write();
    pair.settle();
    expect(pair.client.ends[0]?.lost?.unconfirmed).toEqual([{ event: "e", data: 1 }]);
    expect(pair.server.ends[0]?.lost?.unconfirmed).toEqual([{ event: "e", data: "a" }]);
  });
});

describe("a server that asks its client to come back", () => {
  it("is left when all that was sent is acknowledged, and what waits goes to the next session", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.server.session?.askToLeave(1_000);
    pair.client.onSeen = ([kind]) => {
      if (kind === "leave") pair.client.session?.emit("e", "for the next");
    };
    pair.settle();
    pair.pass(200);
    expect(pair.client.seen).toContainEqual(["leave", 1_000]);
    expect(pair.server.events).toEqual([1]);
    expect(pair.client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
    expect(pair.client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: "for the next" }]);
    pair.connect();
    expect(pair.server.events).toEqual([1, "for the next"]);
  });

  it("is left in any case when its time is over", () => {
    const pair = connected();
    pair.server.answer = () => undefined;
    pair.client.session?.calls.invoke("never", 1, { event: "never" }, 0, 0);
    pair.server.session?.askToLeave(1_000);
    pair.settle();
    pair.pass(999);
    expect(pair.client.session?.phase).toBe("open");
    pair.pass(1);
    expect(pair.client.session?.phase).toBe("closed");
  });

  it("lets a session that is cut meanwhile go on as before", () => {
    const pair = connected();
    pair.client.session?.leave(1_000, 0);
    pair.client.session?.emit("e", 1);
    pair.cut();
    pair.connect();
    expect(pair.server.events).toEqual([1]);
    pair.pass(2_000);
    expect(pair.client.session?.phase).toBe("open");
  });

  it("gets what was held when the application closes", () => {
    const pair = connected();
    pair.client.session?.leave(1_000, 0);
    pair.client.session?.emit("e", 1);
    pair.client.session?.close("requested", 0);
    pair.settle();
    expect(pair.server.events).toEqual([1]);
  });
});
