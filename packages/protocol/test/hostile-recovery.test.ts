import { describe, expect, it } from "vitest";
import { codeOf, features, offeringClient, offeringServer, server } from "./offering-party.ts";
import { openClient, openServer, Party, type PartyOptions, welcome } from "./party.ts";

/** A server that keeps its session, has written `sent` events, and has lost its connection. */
function parked(sent: number): Party {
  const party = new Party("server", { features, accepts: false });
  party.feed(`${offeringClient}{"hello":{"name":"x","recovery":{}}}\n`);
  party.session.accept(
    { ...welcome, recovery: { session: "s", window: 5_000, resumed: false } },
    0,
  );
  for (let count = 0; count < sent; count++) party.session.emit("e", count);
  party.pump();
  party.disconnect();
  return party;
}

/** A new connection's session on the server, whose client asks to go on. */
function begun(preface = offeringClient): Party {
  const party = new Party("server", { features, accepts: "never" });
  party.feed(`${preface}{"hello":{"name":"x","recovery":{"session":"s","received":0}}}\n`);
  return party;
}

const grant = { session: "s", window: 5_000, resumed: false };

/** A client that was welcomed so. */
function client(recovery: object, options: PartyOptions = {}): Party {
  const party = new Party("client", { features, recovers: true, ...options });
  party.feed(`${offeringServer}${JSON.stringify({ welcome: { ...welcome, recovery } })}\n`);
  return party;
}

describe("an acknowledgement", () => {
  it.each([
    ["of more than was sent", "1"],
    ["of a fraction", "0.5"],
    ["of less than nothing", "-1"],
    ["of more than can be counted", "9007199254740992"],
    ["of a list", "[0]"],
    ["of a text", '"0"'],
  ])("%s is a violation", (_, counts) => {
    const party = server();
    party.feed(`{"ack":${counts}}\n`);
    expect(party.phase).toBe("closing");
    expect(codeOf(party)).toBe("IPC_INVALID_MESSAGE");
  });

  it("that goes back is a violation", () => {
    const party = server();
    for (const data of [1, 2, 3]) party.session.emit("e", data);
    party.pump();
    party.feed(`{"ack":2}\n{"ack":2}\n`);
    expect(party.phase).toBe("open");
    party.feed(`{"ack":1}\n`);
    expect(party.phase).toBe("closing");
  });

  it("of a peer that offered none is a violation", () => {
    const party = openServer({ features });
    party.feed(`{"ack":0}\n`);
    expect(party.phase).toBe("closing");
  });

  it("is the only message that a side takes behind its own bye", () => {
    const party = server();
    party.session.emit("e", 1);
    party.close("kicked");
    party.feed(`["x"]\n[1,"call"]\n{"cancel":9}\n{"ack":1}\n`);
    expect(party.phase).toBe("closing");
    party.disconnect();
    expect(party.end).toEqual({ reason: "kicked", byPeer: false });
  });
});

describe("a client that asks to go on", () => {
  it.each([
    ["with nothing", 0, true],
    ["with all that was sent", 3, true],
    ["with one more than was sent", 4, false],
  ])("%s", (_, counts, goesOn) => {
    const party = parked(3);
    expect(
      party.session.resume(begun().handshake, welcome, { received: counts, session: "t" }),
    ).toBe(goesOn);
    expect(party.phase).toBe(goesOn ? "open" : "parked");
  });

  it("with less than it once said has lost its session", () => {
    const party = parked(3);
    const second = begun();
    party.session.resume(second.handshake, welcome, { received: 2, session: "t" });
    party.session.handleDisconnect(undefined, 1);
    expect(party.session.resume(begun().handshake, welcome, { received: 1, session: "u" })).toBe(
      false,
    );
  });

  it.each([
    ["without counting", `{"ipc":[1],"role":"client","mode":"plain","features":[]}\n`],
    ["for smaller messages", offeringClient.replace("}\n", `,"limits":{"message":16384}}\n`)],
    ["for fewer attachments", offeringClient.replace("}\n", `,"limits":{"attachments":1}}\n`)],
  ])("%s than before has lost its session", (_, preface) => {
    const party = parked(1);
    const terms = { received: 0, session: "t" };
    expect(party.session.resume(begun(preface).handshake, welcome, terms)).toBe(false);
    expect(party.phase).toBe("parked");
  });

  it("again and again is given the same each time, and takes no more memory", () => {
    const party = parked(3);
    const kept = party.session.unconfirmedBytes + party.session.queuedBytes;
    for (let turn = 0; turn < 1_000; turn++) {
      const terms = { received: 0, session: `t${turn}` };
      expect(party.session.resume(begun().handshake, welcome, terms)).toBe(true);
      party.pump();
      expect(party.take()).toContain(`["e",0]\n["e",1]\n["e",2]\n`);
      party.disconnect();
    }
    party.pump();
    expect(party.session.unconfirmedBytes + party.session.queuedBytes).toBe(kept);
  });

  it.each([
    `{"session":"s"}`,
    `{"session":"","received":0}`,
    `{"session":"s","received":[0]}`,
    `{"session":1,"received":0}`,
    `{"session":"${"x".repeat(257)}","received":0}`,
    "5",
  ])("in words that are none is turned away: %s", (recovery) => {
    const party = new Party("server", { features });
    party.feed(`${offeringClient}{"hello":{"name":"x","recovery":${recovery}}}\n`);
    expect(party.take()).toContain("IPC_INVALID_MESSAGE");
  });
});

describe("a server", () => {
  it("cannot have a session outlive its connection that did not ask for it", () => {
    const party = client(grant, { recovers: false });
    expect(party.session.recovery).toBeUndefined();
    party.disconnect();
    expect(party.phase).toBe("closed");
  });

  it.each([
    ["a session that was never begun", { ...grant, resumed: true, received: 0 }],
    ["counts that are missing", { ...grant, resumed: true }],
    ["a window without end", { ...grant, window: 2 ** 31 }],
    ["no session", { window: 5, resumed: false }],
  ])("is told the code when it grants %s", (_, recovery) => {
    expect(codeOf(client(recovery))).toBe("IPC_INVALID_MESSAGE");
  });

  it("that knows more than was sent ends the session at once, which cannot go on", () => {
    const former = client(grant);
    former.session.emit("e", 1);
    former.pump();
    former.disconnect();
    const party = client({ ...grant, resumed: true, received: 2 }, { former });
    expect(codeOf(party)).toBe("IPC_INVALID_MESSAGE");
    former.pump();
    expect(former.end).toMatchObject({ reason: "lost" });
    expect(former.end?.lost?.unconfirmed).toEqual([{ event: "e", data: 1 }]);
  });

  it.each([
    ["what it had received", 1, []],
    ["nothing that can be", 9, [1]],
  ])("that has kicked a client which was away says so, and %s", (_, received, unconfirmed) => {
    const former = client(grant);
    former.session.emit("e", 1);
    former.pump();
    former.disconnect();
    former.session.emit("e", 2);
    const party = new Party("client", { features, recovers: true, former });
    const bye = { reason: "kicked", message: "out", received };
    party.feed(`${offeringServer}${JSON.stringify({ bye })}\n`);
    party.disconnect();
    expect(party.end).toMatchObject({ reason: "kicked", byPeer: true });
    former.pump();
    expect(former.end).toMatchObject({ reason: "kicked", message: "out", byPeer: true });
    expect(former.end?.lost?.unconfirmed.map(({ data }) => data)).toEqual(unconfirmed);
    expect(former.end?.lost?.unsent.map(({ data }) => data)).toEqual([2]);
  });

  it("that turns a new connection away ends no session that waits", () => {
    const former = client(grant);
    former.disconnect();
    const party = new Party("client", { features, recovers: true, former });
    party.feed(`${offeringServer}{"bye":{"reason":"kicked"}}\n`);
    expect(former.phase).toBe("parked");
    former.tick(5_000);
    expect(former.end).toMatchObject({ reason: "lost" });
  });

  it("that welcomes a session back which was closed meanwhile is told goodbye", () => {
    const former = client(grant);
    former.disconnect();
    const party = new Party("client", { features, recovers: true, former });
    former.close("requested");
    party.feed(
      `${offeringServer}${JSON.stringify({ welcome: { ...welcome, recovery: { ...grant, resumed: true, received: 0 } } })}\n`,
    );
    expect(party.take()).toContain(`{"bye":{"reason":"requested"}}\n`);
    expect(party.phase).toBe("closing");
  });

  it("alone may ask to leave", () => {
    const party = server();
    party.feed(`{"leave":5}\n`);
    expect(codeOf(party)).toBe("IPC_INVALID_MESSAGE");
    const bare = openClient({ features });
    bare.feed(`{"leave":5}\n`);
    expect(codeOf(bare)).toBe("IPC_INVALID_MESSAGE");
  });
});

describe("a peer that takes and never acknowledges", () => {
  it("is written no more than the bound, and asked once", () => {
    const party = server({ limits: { maxUnconfirmedBytes: 10_000 } });
    for (let count = 0; count < 100; count++) {
      party.session.emit("e", "x".repeat(1_000));
      party.pump();
    }
    const text = party.take();
    expect(text.length).toBeLessThan(12_000);
    expect(text.match(/"ping"/g)).toHaveLength(1);
    expect(party.session.unconfirmedBytes).toBeGreaterThanOrEqual(10_000);
  });

  it("loses its session when the queue is full as well", () => {
    const party = server({ limits: { maxUnconfirmedBytes: 10_000, maxQueuedBytes: 10_000 } });
    for (let count = 0; count < 100; count++) {
      party.session.emit("e", "x".repeat(1_000));
      party.tick(count);
    }
    expect(party.end).toMatchObject({ reason: "slow-consumer" });
  });

  it.each(["disconnect", "drop-oldest", "drop-newest"] as const)(
    "cannot fill the memory with what must be answered, under the policy %s",
    (slowConsumer) => {
      const limits = { maxUnconfirmedBytes: 10_000, maxQueuedBytes: 10_000 };
      const party = server({ limits, slowConsumer });
      let most = 0;
      party.onDelivery = (one) => {
        if (one[0] === "call") party.session.calls.refuse(one[1], "IPC_NO_HANDLER");
      };
      for (let id = 1; id < 5_000; id++) {
        party.session.emit("e", "x".repeat(100));
        if (party.phase === "open") party.feed(`[${id},"c"]\n`);
        most = Math.max(most, party.session.queuedBytes);
      }
      expect(party.end).toMatchObject({ reason: "slow-consumer" });
      expect(most).toBeLessThan(80_000);
    },
  );
});

describe("a peer that pings without end", () => {
  it("is told what has come once, and each ping is answered", () => {
    const party = server();
    party.feed(`["e"]\n${`{"ping":0}\n`.repeat(1_000)}`);
    const text = party.take();
    expect(text.match(/"ack"/g)).toHaveLength(1);
    expect(text.match(/"pong"/g)).toHaveLength(1_000);
    party.feed(`{"ping":0}\n`.repeat(1_000));
    expect(party.take()).not.toContain("ack");
  });
});
