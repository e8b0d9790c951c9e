import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { allFeatures } from "../src/wire/preface.ts";
import { openClient, openServer, Party } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

describe("closing", () => {
  it("lets what was emitted leave before the bye, and tells the peer why", () => {
    const pair = new SessionPair();
    pair.settle();
    pair.client.session.emit("last", 1);
    pair.client.close("requested", "see you");
    pair.settle();
    expect(pair.server.events).toEqual([["last", 1]]);
    pair.cut();
    expect(pair.server.end).toEqual({ reason: "requested", message: "see you", byPeer: true });
    expect(pair.client.end).toEqual({ reason: "requested", message: "see you", byPeer: false });
  });

  it("drops what arrives after this side's own close, and what was not delivered yet", () => {
    const server = openServer();
    server.session.handleBytes(Buffer.from(`["a"]\n`), 0);
    server.session.close({ reason: "kicked" }, 0);
    server.feed(`["b"]\n{"nonsense":1}\n`);
    expect(server.take()).toBe(`{"bye":{"reason":"kicked"}}\n`);
    expect(server.delivered.map(([kind]) => kind)).toEqual(["hello"]);
    expect(server.flushed).toBe(true);
  });

  it("happens once", () => {
    const server = openServer();
    server.close("kicked");
    server.take();
    server.close("requested");
    server.feed(`{"bye":{"reason":"lost"}}\n`);
    expect(server.take()).toBe("");
    server.disconnect();
    server.disconnect(new Error("late"));
    server.close("requested");
    server.tick(1e9);
    expect(server.end).toEqual({ reason: "kicked", message: undefined, byPeer: false });
    expect(server.delivered.filter(([kind]) => kind === "closed")).toHaveLength(1);
  });

  it("keeps what is emitted behind it, and tells it as unsent", () => {
    const client = openClient();
    client.close("requested");
    client.take();
    expect(client.session.emit("late", 1)).toBe(true);
    expect(client.session.emit("late", Buffer.from("x"))).toBe(true);
    client.pump();
    expect(client.take()).toBe("");
    client.disconnect();
    expect(client.end?.lost?.unsent).toEqual([
      { event: "late", data: 1 },
      { event: "late", data: Buffer.from("x") },
    ]);
    expect(client.reports).toEqual([]);
    expect(client.session.emit("over", 1)).toBe(false);
  });

  it("ends at the deadline if the connection takes nothing, and lets the memory go", () => {
    const server = openServer();
    server.blocks = true;
    server.session.emit("a", 1);
    server.pump();
    server.session.emit("b", "x".repeat(100_000));
    server.close("server-closing");
    expect(server.flushed).toBe(false);
    expect(server.deadline).toBe(5_000);
    server.tick(4_999);
    expect(server.phase).toBe("closing");
    server.tick(5_000);
    expect(server.phase).toBe("closed");
    expect(server.flushed).toBe(true);
    expect(server.session.queuedBytes).toBeLessThan(100);
    expect(server.end?.reason).toBe("server-closing");
  });

  it("is said by a server in the place of its preface, with the reason alone", () => {
    const server = new Party("server");
    server.close("server-closing", "for the eyes of clients");
    const line = server.take();
    expect(line).toBe(`{"bye":{"reason":"server-closing"}}\n`);
    server.disconnect();
    expect(server.end?.reason).toBe("server-closing");
    const client = new Party("client");
    client.feed(line);
    client.disconnect();
    expect(client.end).toEqual({ reason: "server-closing", message: undefined, byPeer: true });
  });

  it("has no bye of a client that waits for the server's preface", () => {
    const client = new Party("client");
    client.pump();
    client.take();
    client.close("requested");
    expect(client.take()).toBe("");
    client.disconnect();
    expect(client.end?.reason).toBe("requested");
  });
});

describe("the peer's bye", () => {
  it("comes after all the peer emitted, and what follows it is dropped", () => {
    const client = openClient();
    client.session.emit("mine", 1);
    client.feed(`["theirs"]\n{"bye":{"reason":"replaced"}}\n["late"]\n`);
    expect(client.events).toEqual([["theirs", undefined]]);
    expect(client.take()).toBe(`["mine",1]\n`);
    expect(client.phase).toBe("closing");
    client.disconnect();
    expect(client.end).toEqual({ reason: "replaced", message: undefined, byPeer: true });
  });

  it("may come before the welcome", () => {
    const pair = new SessionPair({ server: { accepts: false } });
    pair.settle();
    pair.server.close("server-closing", "restarting");
    pair.settle();
    pair.cut();
    expect(pair.client.delivered).toEqual([
      ["closed", { reason: "server-closing", message: "restarting", byPeer: true }],
    ]);
  });

  it("may come from a client that waits for its welcome", () => {
    const pair = new SessionPair({ server: { accepts: false } });
    pair.settle();
    pair.client.close("requested");
    pair.settle();
    pair.cut();
    expect(pair.server.end?.reason).toBe("requested");
  });
});

describe("a client that the server never accepts", () => {
  it.each(["leaves", "is turned away"])("settles what the server waits for when it %s", (end) => {
    const offer = { features: allFeatures };
    const pair = new SessionPair({ client: offer, server: { accepts: false, ...offer } });
    pair.settle();
    const { server } = pair;
    const mark = {};
    server.session.emit("kept", 1);
    expect(server.session.flush(mark)).toBe(true);
    if (end === "leaves") pair.client.close("requested");
    else server.close("kicked");
    pair.settle();
    pair.cut();
    expect(server.delivered.slice(-2)).toMatchObject([
      ["flushed", mark, { code: "IPC_SESSION_LOST" }],
      ["closed", { lost: { unsent: [{ event: "kept", data: 1 }] } }],
    ]);
  });
});

describe("a connection that goes without a word", () => {
  it("ends the session after what was received, with the connection's error as the cause", () => {
    const server = openServer();
    const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    server.session.handleBytes(Buffer.from(`["a"]\n["half`), 0);
    server.disconnect(reset);
    expect(server.events).toEqual([["a", undefined]]);
    expect(server.end).toMatchObject({
      reason: "peer-gone",
      byPeer: false,
      error: { code: "IPC_PEER_GONE", cause: reset },
    });
  });

  it("is told apart before the session was open", () => {
    const client = new Party("client");
    client.disconnect();
    expect(client.end?.error?.message).toContain("before the session was open");
  });
});
