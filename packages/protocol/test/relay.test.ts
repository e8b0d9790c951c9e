import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { failureIn, ProtocolError } from "../src/index.ts";
import { openClient, openServer, type Party, type PartyOptions } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

const ada = { id: "AAEC", name: "Ada" };
const options: PartyOptions = { features: ["relay"] };

let pair: SessionPair;

beforeEach(() => {
  pair = new SessionPair({ client: options, server: options });
  pair.settle();
});

/** Two sessions of which one does not offer what goes from one client to another. */
function withOld(side: "client" | "server"): SessionPair {
  const other = side === "client" ? "server" : "client";
  const mixed = new SessionPair({ [other]: options });
  mixed.settle();
  return mixed;
}

describe("a message of one client for another", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a list", [1, [2]]],
    ["bytes at depth", { list: [Buffer.from("bytes"), new Float64Array([1.5])] }],
    ["many bytes", Buffer.alloc(5_000, 7)],
    ["text of many scripts", "naïve 世界 \u2028 🌍"],
  ])("brings %s to the server, and from there on, as an event and as a call", (_, data) => {
    const { client, server } = pair;
    expect(client.session.relay.emitTo("BBBB", "greet", data)).toBe(true);
    client.session.relay.invokeTo("BBBB", "greet", data, { event: "greet" }, 0, 0);
    expect(server.session.relay.emitFrom(ada, "greet", data)).toBe(true);
    server.session.relay.invokeFrom(ada, "greet", data, { event: "greet" }, 0);
    pair.settle();
    expect(server.relayed).toStrictEqual([
      ["BBBB", "", "greet", data, undefined],
      ["BBBB", "", "greet", data, 1],
    ]);
    expect(client.relayed).toStrictEqual([
      ["AAEC", "Ada", "greet", data, undefined],
      ["AAEC", "Ada", "greet", data, 1],
    ]);
  });

  it("is written as WIRE.md says, and tells its size", () => {
    const { client, server } = pair;
    client.session.relay.emitTo("BBBB", "greet", { text: "hello" });
    client.session.relay.invokeTo("BBBB", "greet", undefined, { event: "greet" }, 0, 0);
    server.session.relay.emitFrom(ada, "greet", 1);
    server.session.relay.tellNotRelayed("BBBB", "greet", "IPC_RELAY_REFUSED", "no");
    for (const party of [client, server]) party.pump();
    const line = '["ipc:to",["BBBB","greet",{"text":"hello"}]]\n';
    expect(client.take()).toBe(`${line}[1,"ipc:to",["BBBB","greet"]]\n`);
    expect(server.take()).toBe(
      '["ipc:from",["AAEC","Ada","greet",1]]\n' +
        '["ipc:not-relayed",["BBBB","greet","IPC_RELAY_REFUSED","no"]]\n',
    );
    server.feed(line);
    expect(server.delivered.at(-1)?.[1]).toMatchObject({ size: line.length - 1 });
    server.feed('*3 ["ipc:to",["B","x",{"$bin":[0,"Buffer"]}]]\nabc');
    expect(server.delivered.at(-1)?.[1]).toMatchObject({ size: 42 + 3 });
  });

  it("is answered as any other call: by a value, an error or a refusal", () => {
    const { client, server } = pair;
    const { relay } = client.session;
    for (const event of ["a", "b", "c", "d"]) relay.invokeTo("B", event, 1, { event }, 0, 0);
    pair.settle();
    const { calls } = server.session;
    calls.reply(1, "well");
    calls.replyError(2, { name: "RangeError", message: "far", code: "FAR" });
    calls.refuse(3, "IPC_RELAY_REFUSED", "not you");
    calls.refuse(4, "IPC_UNKNOWN_CLIENT");
    pair.settle();
    expect(client.outcomes).toEqual([
      ["a", "well"],
      ["b", "FAR"],
      ["c", "IPC_RELAY_REFUSED"],
      ["d", "IPC_UNKNOWN_CLIENT"],
    ]);
    expect(client.failures.map(({ message }) => message).slice(1)).toEqual([
      "The server does not pass the call on: not you.",
      "No client with this id is connected to the server.",
    ]);
  });

  it("may be given up, and fails when its time is over", () => {
    const { client, server } = pair;
    const { relay } = client.session;
    const id = relay.invokeTo("B", "a", 1, { event: "a" }, 0, 0);
    relay.invokeTo("B", "b", 1, { event: "b" }, 100, pair.now);
    pair.settle();
    client.session.calls.cancel(Number(id));
    pair.pass(200);
    expect(client.outcomes).toEqual([["b", "IPC_CALL_TIMEOUT"]]);
    expect(server.delivered.flatMap((one) => (one[0] === "cancel" ? [one[1]] : []))).toEqual([
      1, 2,
    ]);
  });

  it("keeps its place among events and calls", () => {
    const { client, server } = pair;
    client.session.emit("one", 1);
    client.session.relay.emitTo("B", "two", 2);
    client.invoke("three", 3);
    client.session.relay.invokeTo("B", "four", 4, { event: "four" }, 0, 0);
    client.session.emit("five", 5);
    pair.settle();
    expect(server.delivered.slice(1).map(([what]) => what)).toEqual([
      "event",
      "relayed",
      "call",
      "relayed",
      "event",
    ]);
  });

  it.each([
    ["error", 1, "IPC_RESERVED_EVENT"],
    ["ipc:to", 1, "IPC_RESERVED_EVENT"],
    [5 as unknown as string, 1, "IPC_NOT_ENCODABLE"],
    ["a", 1n, "IPC_NOT_ENCODABLE"],
    ["a", Symbol("x"), "IPC_NOT_ENCODABLE"],
    ["a", () => 1, "IPC_NOT_ENCODABLE"],
  ])("throws for the event %s with the data %s at the caller: %s", (event, data, code) => {
    const { relay } = pair.client.session;
    const refusal = expect.objectContaining({ code, blame: "caller" }) as Error;
    expect(() => relay.emitTo("B", event, data)).toThrow(refusal);
    expect(() => relay.invokeTo("B", event, data, { event: "a" }, 0, 0)).toThrow(refusal);
    expect(() => pair.server.session.relay.emitFrom(ada, event, data)).toThrow(refusal);
    expect(pair.client.session.calls.pending).toBe(0);
  });

  it.each([
    [126, "open", "none"],
    [127, "open", "none"],
    [128, "open", "IPC_TOO_DEEP"],
  ])("may have data of 127 levels: %d", (levels, phase, thrown) => {
    let data: unknown = 1;
    for (let level = 0; level < levels; level++) data = [data];
    expect(thrownBy(() => pair.client.session.relay.emitTo("B", "a", data))).toBe(thrown);
    pair.settle();
    expect(pair.server.session.phase).toBe(phase);
    expect(pair.server.relayed).toHaveLength(thrown === "none" ? 1 : 0);
  });
});

describe("given a receiver that does not read", () => {
  const half = 8_000;

  /** A server whose client takes nothing, and the answers to so many messages of another client. */
  function flooded(messages: number, size: number): [Party, unknown[]] {
    const limits = { maxQueuedBytes: 2 * half };
    const narrow = new SessionPair({ client: options, server: { ...options, limits } });
    narrow.settle();
    const { server } = narrow;
    server.blocks = true;
    server.session.emit("e", 0);
    server.pump();
    const data = "x".repeat(size);
    const answers = Array.from({ length: messages }, () =>
      server.session.relay.emitFrom(ada, "greet", data),
    );
    server.pump();
    return [server, answers];
  }

  it("refuses what finds half of its queue taken, and does not end its session", () => {
    const [server, answers] = flooded(100, 900);
    const refused = answers.filter((answer) => answer instanceof ProtocolError);
    expect(refused).toHaveLength(100 - 8);
    expect(refused[0]).toMatchObject({ code: "IPC_QUEUE_FULL", context: { limit: half } });
    const call = server.session.relay.invokeFrom(ada, "ask", "x".repeat(900), { event: "ask" }, 0);
    expect(call).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(server.session.phase).toBe("open");
    expect(server.session.emit("own", "x".repeat(900))).toBe(true);
  });

  it("refuses one that is larger than that half", () => {
    const [server, answers] = flooded(1, half);
    expect(answers[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(server.session.phase).toBe("open");
  });
});

describe("given a queue that drops events", () => {
  it.each([
    ["drop-oldest", "client", 0],
    ["drop-oldest", "server", 0],
    ["drop-newest", "client", 0],
    ["drop-oldest", "client", 1],
  ] as const)("tells what it has dropped as the application calls it: %s, %s", (...given) => {
    const [slowConsumer, role, attachments] = given;
    const slow = { ...options, slowConsumer, limits: { maxQueuedBytes: 2_000 } };
    const narrow = new SessionPair({ client: options, server: options, [role]: slow });
    narrow.settle();
    const party = narrow[role];
    party.blocks = true;
    party.session.emit("e", 0);
    party.pump();
    const data = attachments > 0 ? Buffer.alloc(300) : "x".repeat(300);
    for (let count = 0; count < 2; count++) {
      if (role === "client") party.session.relay.emitTo("B", "greet", data);
      else party.session.relay.emitFrom(ada, "greet", data);
    }
    for (let count = 0; count < 20; count++) party.session.emit("own", "x".repeat(300));
    if (slowConsumer === "drop-newest") party.session.relay.emitTo("B", "greet", data);
    party.pump();
    const { dropped } = party.session.stats;
    expect(Object.keys(dropped).toSorted()).toEqual(["greet", "own"]);
    expect(dropped["greet"]).toBe(slowConsumer === "drop-newest" ? 1 : 2);
    const report = party.events.findLast(([name]) => name === "ipc:report")?.[1];
    expect(String(report)).toContain(`"greet" queue-full`);
    expect(String(report)).not.toContain("ipc:");
  });
});

describe("a notice that an event was not passed on", () => {
  it.each([
    ["IPC_UNKNOWN_CLIENT", "IPC_UNKNOWN_CLIENT"],
    ["IPC_RELAY_REFUSED", "IPC_RELAY_REFUSED"],
    ["IPC_RELAY_UNSUPPORTED", "IPC_RELAY_UNSUPPORTED"],
    ["IPC_QUEUE_FULL", "IPC_QUEUE_FULL"],
    ["IPC_MESSAGE_TOO_LARGE", "IPC_MESSAGE_TOO_LARGE"],
    ["IPC_TOO_MANY_ATTACHMENTS", "IPC_TOO_MANY_ATTACHMENTS"],
    ["IPC_STREAMS_UNSUPPORTED", "IPC_STREAMS_UNSUPPORTED"],
    ["IPC_TOO_MANY_STREAMS", "IPC_TOO_MANY_STREAMS"],
    ["IPC_TOO_DEEP", "IPC_RELAY_REFUSED"],
    ["toString", "IPC_RELAY_REFUSED"],
  ])("of %s is reported as %s", (told, code) => {
    const { client, server } = pair;
    server.session.relay.tellNotRelayed("BBBB", "greet", told, "because");
    server.session.emit("after", 1);
    pair.settle();
    expect(client.events).toEqual([
      ["ipc:report", expect.objectContaining({ code, blame: "peer" })],
      ["after", 1],
    ]);
    const [, error] = client.events[0] ?? [];
    const { context, message } = error as ProtocolError;
    expect(message).toMatch(/"greet" did not reach the client BBBB: .+: because\.$/);
    expect(context).toEqual({ event: "greet", to: "BBBB" });
  });

  it("repeats neither a huge name nor a huge reason", () => {
    const { client, server } = pair;
    server.session.relay.tellNotRelayed("B", "x".repeat(100_000), "?", "y".repeat(100_000));
    server.pump();
    expect(server.written.at(-1)?.length).toBeLessThan(1_500);
    pair.settle();
    expect(client.reports).toEqual(["IPC_RELAY_REFUSED"]);
  });
});

describe("a peer that knows nothing of it", () => {
  it("is sent nothing: a client is told by its event and its call", () => {
    const { client, server } = withOld("server");
    const { relay } = client.session;
    expect(relay.emitTo("B", "a", Buffer.from("x"))).toBe(false);
    expect(relay.invokeTo("B", "a", 1, { event: "a" }, 0, 0)).toMatchObject({
      code: "IPC_RELAY_UNSUPPORTED",
      blame: "peer",
    });
    client.pump();
    expect(client.reports).toEqual(["IPC_RELAY_UNSUPPORTED"]);
    expect(client.take()).toBe("");
    expect([client.session.calls.pending, server.delivered.length]).toEqual([0, 1]);
  });

  it("is sent nothing: a server is told", () => {
    const { server } = withOld("client");
    const { relay } = server.session;
    const error = expect.objectContaining({ code: "IPC_RELAY_UNSUPPORTED" }) as unknown;
    expect(relay.emitFrom(ada, "a", 1)).toEqual(error);
    expect(relay.invokeFrom(ada, "a", 1, { event: "a" }, 0)).toEqual(error);
    relay.tellNotRelayed("B", "a", "IPC_RELAY_REFUSED");
    server.pump();
    expect(server.take()).toBe("");
  });

  it("has such messages dropped and reported, and its calls refused, as with any reserved name", () => {
    const server = openServer();
    server.feed('["ipc:to",["B","a",1]]\n["ipc:to"]\n[1,"ipc:to",["B","a",1]]\n');
    expect(server.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(server.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    expect(server.relayed).toEqual([]);
    const client = openClient();
    client.feed('["ipc:from",["A","Ada","a",1]]\n["ipc:not-relayed",["B","a","IPC_X"]]\n');
    expect(client.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(client.relayed).toEqual([]);
  });
});

describe("given a hostile peer", () => {
  const offering = `{"ipc":1,"role":"client","mode":"plain","features":["relay"]}\n`;
  const offeringServer = offering.replace("client", "server");

  it.each([
    "null",
    "5",
    "{}",
    "[]",
    '["B"]',
    '[5,"a"]',
    '["B",5]',
    '["B",null,1]',
    '["B","a",1,2]',
    '{"0":"B","1":"a"}',
    JSON.stringify(["x".repeat(257), "a"]),
  ])("a server ends its session over %s, as an event and as a call", (parts) => {
    for (const line of [`["ipc:to",${parts}]\n`, `[1,"ipc:to",${parts}]\n`]) {
      const server = openServer(options, offering);
      server.feed(`["before"]\n${line}["after"]\n`);
      expect(server.take()).toBe('{"error":"IPC_INVALID_MESSAGE"}\n');
      expect(server.events).toEqual([["before", undefined]]);
      expect(server.relayed).toEqual([]);
    }
  });

  it.each([
    '["ipc:from",[]]',
    '["ipc:from",["A","Ada"]]',
    '["ipc:from",["A",5,"a"]]',
    '["ipc:from",["A","Ada",5]]',
    '["ipc:from",["A","Ada","a",1,2]]',
    JSON.stringify(["ipc:from", ["A", "x".repeat(257), "a"]]),
    '["ipc:not-relayed",[]]',
    '["ipc:not-relayed",["B","a",5]]',
    '["ipc:not-relayed"]',
  ])("a client ends its session over %s", (line) => {
    const client = openClient(options, offeringServer);
    client.feed(`${line}\n`);
    expect(client.take()).toBe('{"error":"IPC_INVALID_MESSAGE"}\n');
    expect(client.relayed).toEqual([]);
  });

  it("nobody can speak for the server, and no server be spoken to as one", () => {
    const server = openServer(options, offering);
    server.feed('["ipc:from",["A","Ada","a",1]]\n["ipc:not-relayed",["B","a","IPC_X"]]\n');
    server.feed('[1,"ipc:from",["A","Ada","a",1]]\n');
    expect(server.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(server.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    const client = openClient(options, offeringServer);
    client.feed('["ipc:to",["B","a",1]]\n[1,"ipc:to",["B","a",1]]\n');
    expect(client.reports).toEqual(["IPC_RESERVED_EVENT"]);
    expect(client.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    expect([server.relayed, client.relayed]).toEqual([[], []]);
  });

  it.each(["error", "connected", "ipc:from", "ipc:to", "ipc:report", "newListener"])(
    "the name %s within is dropped and reported, and a call refused",
    (event) => {
      const server = openServer(options, offering);
      server.feed(`${JSON.stringify(["ipc:to", ["B", event, 1]])}\n`);
      server.feed(`${JSON.stringify([1, "ipc:to", ["B", event, 1]])}\n`);
      const client = openClient(options, offeringServer);
      client.feed(`${JSON.stringify(["ipc:from", ["A", "Ada", event, 1]])}\n`);
      client.feed(`${JSON.stringify([1, "ipc:from", ["A", "Ada", event, 1]])}\n`);
      for (const party of [server, client]) {
        expect(party.reports).toEqual(["IPC_RESERVED_EVENT"]);
        expect(party.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
        expect([party.relayed, party.session.calls.pending]).toEqual([[], 0]);
      }
    },
  );

  it("calls for others count among its own", () => {
    const server = openServer({ ...options, limits: { maxCalls: 2 } }, offering);
    for (const id of [1, 2, 3]) server.feed(`[${id},"ipc:to",["B","a"]]\n`);
    expect(server.relayed).toHaveLength(2);
    expect(server.take()).toBe('{"reply":{"id":3,"failure":"IPC_TOO_MANY_CALLS"}}\n');
  });

  it("what it sent before its session ended is not delivered to a side that has closed", () => {
    const server = openServer({ ...options, accepts: true }, offering);
    server.onDelivery = (one): void => {
      if (one[0] === "event") server.session.close("requested", 0);
    };
    server.feed('["first"]\n["ipc:to",["B","a"]]\n[1,"ipc:to",["B","a"]]\n');
    expect(server.relayed).toEqual([]);
  });
});

describe("what was never sent", () => {
  it("goes on to the next session if that passes messages on, and is reported otherwise", () => {
    for (const [features, reports, text] of [
      [["relay"], [], '["first",0]\n["ipc:to",["B","news",1]]\n["plain",2]\n'],
      [[], ["IPC_RELAY_UNSUPPORTED"], '["first",0]\n["plain",2]\n'],
    ] as const) {
      const former = new SessionPair({ client: options, server: options });
      former.settle();
      const { client } = former;
      client.blocks = true;
      client.session.emit("fills", 0);
      client.pump();
      client.session.relay.emitTo("B", "news", 1);
      client.session.emit("plain", 2);
      const next = new SessionPair({ client: options, server: { features } });
      next.settle();
      next.client.session.emit("first", 0);
      client.onDelivery = (one): void => {
        const { unsent } = client.session;
        if (one[0] === "closed" && unsent !== undefined) next.client.session.carry(unsent);
      };
      client.disconnect();
      next.client.pump();
      expect(next.client.take()).toBe(text);
      expect(next.client.reports).toEqual(reports);
      expect(client.end?.lost?.unsent).toEqual([
        { event: "news", data: 1, to: "B" },
        { event: "plain", data: 2 },
      ]);
    }
  });

  it("is reported by a server with the client that it was from, and notices are not", () => {
    const { server } = pair;
    server.blocks = true;
    server.session.emit("fills", 0);
    server.pump();
    server.session.relay.tellNotRelayed("B", "a", "IPC_RELAY_REFUSED");
    server.session.relay.emitFrom(ada, "news", undefined);
    server.disconnect();
    expect(server.end?.lost?.unsent).toEqual([{ event: "news", data: undefined, from: ada }]);
  });
});

describe("why a call was refused", () => {
  it.each([
    ["IPC_NO_HANDLER", `"a"`],
    ["IPC_INVALID_DATA", `"a": x: a text`],
    ["IPC_TOO_MANY_CALLS", undefined],
    ["IPC_RELAY_UNSUPPORTED", undefined],
  ] as const)("is told on: %s", (code, explanation) => {
    const { client, server } = pair;
    client.invoke("a");
    pair.settle();
    server.session.calls.refuse(1, code, explanation);
    pair.settle();
    const [error] = client.failures;
    expect(failureIn(error ?? new Error("none"))).toEqual({ code, explanation });
  });

  it("is nothing that another error tells", () => {
    expect(failureIn(new Error("x"))).toBeUndefined();
    expect(failureIn(new ProtocolError("IPC_CALL_LOST", "peer", "x"))).toBeUndefined();
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}
