import { describe, expect, it } from "vitest";
import { errorBye, openServer, Party, welcome } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

describe("the heartbeat", () => {
  it("pings after 15 s of silence", () => {
    const server = openServer();
    server.tick(14_999);
    expect(server.take()).toBe("");
    server.tick(15_000);
    expect(server.take()).toBe(`{"ping":0}\n`);
    expect(server.deadline).toBe(25_000);
  });

  it("gives a peer up that sends nothing for 10 s more, naming the wait and the own lag", () => {
    const server = openServer();
    server.tick(15_000);
    server.take();
    server.tick(24_999);
    expect(server.phase).toBe("open");
    server.tick(25_007, 7);
    expect(server.take()).toBe(errorBye("IPC_HEARTBEAT_TIMEOUT"));
    expect(server.end).toMatchObject({
      reason: "timed-out",
      byPeer: false,
      error: { code: "IPC_HEARTBEAT_TIMEOUT", context: { waited: 25_007, lag: 7 } },
    });
    expect(server.end?.error?.message).toBe(
      "Waited 25007 ms for a sign of life; this side's own event loop was 7 ms late.",
    );
  });

  it("judges no peer before a loop that was blocked has turned for as long again, a second at most, once", () => {
    const server = openServer();
    server.tick(15_000);
    server.tick(25_100, 100);
    expect([server.phase, server.deadline]).toEqual(["open", 25_200]);
    server.feed(`{"pong":0}\n`);
    server.tick(25_200);
    expect([server.phase, server.deadline]).toEqual(["open", 40_100]);
    server.tick(40_100);
    server.tick(56_100, 6_000);
    expect(server.deadline).toBe(57_100);
    server.tick(58_000, 900);
    expect(server.end?.error).toMatchObject({
      code: "IPC_HEARTBEAT_TIMEOUT",
      context: { lag: 6_000 },
    });
  });

  it("takes any byte for life, even half a message, and takes a drain for life that comes with the time", () => {
    const server = openServer();
    server.tick(15_000);
    server.now = 20_000;
    server.feed("[");
    expect(server.deadline).toBe(35_000);
    server.session.handleDrain(21_000);
    expect(server.deadline).toBe(36_000);
    server.session.handleDrain();
    expect(server.deadline).toBe(36_000);
  });

  it("keeps two idle sides alive for ever, by the pings of one", () => {
    const pair = new SessionPair({ server: { limits: { heartbeatInterval: 0 } } });
    pair.settle();
    pair.pass(3_600_000);
    expect(pair.client.phase).toBe("open");
    expect(pair.server.phase).toBe("open");
    const both = new SessionPair({ latency: 50 });
    both.settle();
    both.pass(3_600_000);
    expect(both.client.phase).toBe("open");
    expect(both.server.phase).toBe("open");
  });

  it("is heard of by the peer as its end, not as a violation", () => {
    const client = openServer();
    client.feed(errorBye("IPC_HEARTBEAT_TIMEOUT"));
    client.disconnect();
    expect(client.end).toMatchObject({ reason: "timed-out", byPeer: true });
  });

  it("has no timer with an interval of 0", () => {
    expect(openServer({ limits: { heartbeatInterval: 0 } }).session.deadline).toBe(Infinity);
  });

  it("does nothing when it is called early", () => {
    const server = openServer();
    server.session.handleTimeout(14_999);
    server.pump();
    expect(server.take()).toBe("");
  });
});

describe("the handshake", () => {
  it.each([
    ["preface", "", "server"],
    ["hello", `{"ipc":[1],"role":"client","mode":"plain"}\n`, "server"],
    ["welcome", `{"ipc":[1],"role":"server","mode":"plain"}\n`, "client"],
  ] as const)("is given up after 5 s without the peer's %s", (phase, bytes, role) => {
    const party = new Party(role, { now: 100 });
    party.feed(bytes);
    party.take();
    expect(party.phase).toBe(phase);
    party.tick(5_099);
    expect(party.phase).toBe(phase);
    party.tick(5_100);
    expect(party.phase).toBe("closed");
    expect(party.take()).toBe(errorBye("IPC_HANDSHAKE_TIMEOUT"));
    expect(party.end).toMatchObject({ reason: "timed-out", error: { context: { waited: 5_000 } } });
    expect(party.end?.error?.message).toContain(`for its ${phase}`);
  });

  it("is given up without a bye by a client that asks for its session", () => {
    const recovery = { session: "a secret", window: 60_000, resumed: false };
    const former = new Party("client", { features: ["recovery"], recovers: true });
    const preface = `{"ipc":[1],"role":"server","mode":"plain","features":["recovery"]}\n`;
    former.feed(`${preface}${JSON.stringify({ welcome: { ...welcome, recovery } })}\n`);
    former.disconnect();
    const party = new Party("client", { features: ["recovery"], recovers: true, former });
    party.pump();
    expect(party.take()).toContain("a secret");
    party.tick(5_000);
    expect(party.phase).toBe("closed");
    // A server that was stopped reads all of it later: a bye would end the session that it keeps.
    expect(party.take()).toBe("");
  });
});
