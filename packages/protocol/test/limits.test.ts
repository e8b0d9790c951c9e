import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { errorBye, clientPreface, openServer, Party, serverPreface } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

const limit = 20_000;

/** An event message of so many bytes. */
function dataOf(bytes: number): string {
  return "x".repeat(bytes - `["e",""]`.length);
}

function small(maxMessageBytes = limit, maxAttachments = 2): object {
  return { limits: { maxMessageBytes, maxAttachments } };
}

describe("the limit of a message", () => {
  it("holds for what the peer sends, at the byte", () => {
    for (const [bytes, phase] of [
      [limit - 1, "open"],
      [limit, "open"],
      [limit + 1, "closing"],
    ] as const) {
      const server = openServer(small());
      server.feed(`["e","${dataOf(bytes)}"]\n`);
      expect(server.phase).toBe(phase);
      expect(server.events).toHaveLength(phase === "open" ? 1 : 0);
    }
  });

  it("holds for attachments and text of the peer together", () => {
    const text = `["e",{"$bin":[0,"Buffer"]}]`;
    for (const [bytes, phase] of [
      [limit - 1, "open"],
      [limit, "open"],
      [limit + 1, "closing"],
    ] as const) {
      const server = openServer(small());
      const length = bytes - text.length;
      server.feed(Buffer.concat([Buffer.from(`*${length} ${text}\n`), Buffer.alloc(length)]));
      expect(server.phase).toBe(phase);
    }
  });

  it("is the peer's when that is lower: the event is dropped, answered false and reported", () => {
    for (const [bytes, kept] of [
      [limit - 1, true],
      [limit, true],
      [limit + 1, false],
    ] as const) {
      const pair = new SessionPair({ client: small() });
      pair.settle();
      expect(pair.server.session.emit("e", dataOf(bytes))).toBe(kept);
      expect(pair.server.session.emit("e", Buffer.alloc(bytes - 27))).toBe(kept);
      pair.settle();
      expect(pair.client.events).toHaveLength(kept ? 2 : 0);
      expect(pair.server.reports).toEqual(
        kept ? [] : ["IPC_MESSAGE_TOO_LARGE", "IPC_MESSAGE_TOO_LARGE"],
      );
    }
  });

  it("of the peer in bytes is not mistaken for one in characters", () => {
    const pair = new SessionPair({ client: small() });
    pair.settle();
    expect(pair.server.session.emit("e", "é".repeat((limit - 8) / 2))).toBe(true);
    expect(pair.server.session.emit("e", "é".repeat((limit - 6) / 2))).toBe(false);
    expect(pair.server.session.emit("e", "€".repeat((limit - 8) / 3))).toBe(true);
    expect(pair.server.session.emit("e", "€".repeat((limit - 8) / 3 + 1))).toBe(false);
  });
});

describe("the limit of nesting", () => {
  it.each([
    [127, "open"],
    [128, "open"],
    [129, "closing"],
  ])("holds for what the peer sends: %d levels, and the session is %s", (levels, phase) => {
    const arrays = "[".repeat(levels) + "]".repeat(levels);
    const objects = `${`{"":`.repeat(levels)}0${"}".repeat(levels)}`;
    for (const data of [arrays, objects]) {
      const server = openServer();
      server.feed(`["e",${data}]\n`);
      expect(server.phase).toBe(phase);
      const binary = openServer();
      binary.feed(
        `*0 ["e",${data.replace("[]", `[{"$bin":[0,"Buffer"]}]`).replace("0}", `{"$bin":[0,"Buffer"]}}`)}]\n`,
      );
      expect(binary.session.phase).toBe(phase);
    }
  });
});

describe("the limit of attachments", () => {
  it("is the peer's when that is lower", () => {
    for (const [count, kept] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      const pair = new SessionPair({ client: small() });
      pair.settle();
      const data = Array.from({ length: count }, () => Buffer.from("x"));
      expect(pair.server.session.emit("e", data)).toBe(kept);
      pair.settle();
      expect(pair.client.events).toEqual(kept ? [["e", data]] : []);
      expect(pair.server.reports).toEqual(kept ? [] : ["IPC_TOO_MANY_ATTACHMENTS"]);
    }
  });

  it("of none lets all else through", () => {
    const pair = new SessionPair({ client: small(limit, 0) });
    pair.settle();
    expect(pair.server.session.emit("e", Buffer.from("x"))).toBe(false);
    expect(pair.server.session.emit("e", 1)).toBe(true);
  });
});

describe("emitting what the peer does not take", () => {
  it("is followed by drain, as every false is", () => {
    const pair = new SessionPair({ client: small() });
    pair.settle();
    pair.server.session.emit("e", dataOf(limit + 1));
    pair.settle();
    expect(pair.server.events.map(([name]) => name)).toEqual(["ipc:report", "drain"]);
  });
});

describe("a limit that a peer declares", () => {
  it("may be huge", () => {
    const server = openServer({}, clientPreface.replace("}\n", `,"limits":{"message":1e999}}\n`));
    expect(server.session.emit("e", "x".repeat(100_000))).toBe(true);
  });

  it("below the floor is refused by a client too", () => {
    const client = new Party("client");
    client.feed(serverPreface.replace("}\n", `,"limits":{"message":16383}}\n`));
    client.disconnect();
    expect(client.take()).toContain(errorBye("IPC_LIMITS_TOO_LOW"));
    expect(client.end?.error?.message).toContain(`raise its limit "message" to 16384`);
  });
});
