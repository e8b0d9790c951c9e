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

  it("ends on both sides when no connection follows in time", () => {
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
    expect(pair.client.session?.deadline).toBe(9_000);
    pair.client.session?.handleTimeout(pair.now);
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
    pair.client.machine?.handleBytes(Buffer.from("nonsense\n"), pair.now);
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

  it("is judged anew by what its peer takes of the new connection, and is judged", () => {
    const limits = { maxUnconfirmedBytes: 1_024, maxQueuedBytes: 3_072, stallTimeout: 500 };
    const pair = connected({ limits });
    const { server } = pair;
    const look = (milliseconds: number): string | undefined => {
      for (const until = pair.now + milliseconds; pair.now < until; pair.now += 10) server.tick();
      return server.session?.phase;
    };
    server.session?.emit("e", "x".repeat(2_000));
    pair.write();
    server.session?.emit("e", "x".repeat(4_000));
    pair.write();
    expect(look(100)).toBe("open");
    pair.cut();
    pair.now += 2_000;
    pair.dial();
    while (server.session?.phase === "parked") {
      pair.arrive("server");
      pair.arrive("client");
    }
    expect(look(450)).toBe("open");
    expect(look(100)).toBe("closed");
    expect(server.ends[0]?.error).toMatchObject({ code: "IPC_SLOW_CONSUMER" });
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
