import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";
import { keyOf } from "./secure-pair.ts";

function connected(options: RecoveryPairOptions = {}): RecoveryPair {
  const pair = new RecoveryPair(options);
  pair.connect();
  return pair;
}

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
    pair.client.session?.lose(1);
    pair.client.pump();
    expect(pair.client.ends[0]?.lost).toBeUndefined();
    expect(pair.client.seen).toContainEqual(["flushed", pair, undefined]);
  });

  it("carries what was never sent into the next session, terms included", () => {
    const pair = connected();
    pair.server.session?.lose();
    pair.cut();
    const { session } = pair.client;
    session?.emit("e", "plain");
    session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
    session?.emit("e", Buffer.from("bytes"));
    session?.emitWith("e", "too late", { ttl: 100 }, 0);
    session?.emitWith("e", "in time", { ttl: 60_000 }, 0);
    session?.emitWith("e", "older", { conflate: "k" }, 0);
    session?.emitWith("e", "newer", { conflate: "k" }, 0);
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
    const { client, server } = connected();
    server.session?.close({ reason: "kicked" }, 0);
    server.pump();
    client.session?.emit("e", 1);
    client.session?.handleBytes(server.takeBytes(), 0);
    client.pump();
    expect(client.session?.flushed).toBe(true);
    expect(client.takeBytes()).toHaveLength(0);
    client.disconnect();
    expect(client.ends[0]).toMatchObject({ reason: "kicked", byPeer: true });
    expect(client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: 1 }]);
  });

  it("tells the peer that leaves of all that was delivered", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.client.session?.close({ reason: "requested" }, 0);
    pair.settle();
    expect(pair.server.events).toEqual([1]);
    expect(pair.client.ends).toEqual([{ reason: "requested", byPeer: false, message: undefined }]);
  });

  it("with a password waits for the last acknowledgement as well", async () => {
    const key = await keyOf();
    const pair = connected({ security: () => ({ key, random: randomBytes(32) }) });
    const { client, server } = pair;
    client.session?.emit("e", 1);
    client.session?.close({ reason: "requested" }, 0);
    client.pump();
    server.held = true;
    server.feed(client.takeBytes());
    server.takeBytes();
    expect(server.session?.flushed).toBe(false);
    server.held = false;
    server.pump();
    expect(server.session?.flushed).toBe(true);
    client.feed(server.takeBytes());
    client.disconnect();
    expect(client.ends[0]?.reason).toBe("requested");
    expect(client.ends[0]?.lost).toBeUndefined();
  });

  it("lets a large message leave first", () => {
    const pair = connected({ limits: { maxUnconfirmedBytes: 1_000 } });
    pair.client.session?.emit("e", "x".repeat(400_000));
    pair.client.session?.emit("e", 2);
    pair.client.session?.close({ reason: "requested" }, 0);
    pair.settle();
    expect(pair.server.events).toHaveLength(2);
    expect(pair.server.ends[0]).toMatchObject({ reason: "requested" });
  });

  it("of both sides at once says what neither has read", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.client.session?.close({ reason: "requested" }, 0);
    pair.server.session?.emit("e", "a");
    pair.server.session?.close({ reason: "kicked" }, 0);
    pair.write();
    pair.settle();
    expect(pair.client.ends[0]?.lost?.unconfirmed).toEqual([{ event: "e", data: 1 }]);
    expect(pair.server.ends[0]?.lost?.unconfirmed).toEqual([{ event: "e", data: "a" }]);
  });
});
