import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { type Call, ProtocolError, recordError, RemoteError } from "../src/index.ts";
import { openClient, openServer, Party } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

let pair: SessionPair;
let caller: Party;
let answerer: Party;

beforeEach(() => {
  pair = new SessionPair();
  pair.settle();
  caller = pair.client;
  answerer = pair.server;
});

/** Make a call and let it arrive. */
function ask(event: string, data?: unknown, timeout?: number): number {
  const id = caller.invoke(event, data, timeout);
  pair.settle();
  expect(id).toBeTypeOf("number");
  return id as number;
}

/** The error with which the last call failed. */
function failure(): RemoteError | ProtocolError | undefined {
  return caller.failures.at(-1);
}

describe("a call", () => {
  it("has one answer, which finds its call by id, in any order and both ways", () => {
    for (const end of [pair.client, pair.server]) {
      for (const event of ["a", "b", "c"]) end.invoke(event, { of: event });
    }
    pair.settle();
    for (const end of [pair.client, pair.server]) {
      expect(end.calls).toEqual([
        [1, "a", { of: "a" }],
        [2, "b", { of: "b" }],
        [3, "c", { of: "c" }],
      ]);
      for (const [id, event] of end.calls.toReversed()) end.session.reply(id, `re: ${event}`);
    }
    pair.settle();
    for (const end of [pair.client, pair.server]) {
      expect(end.outcomes).toEqual([
        ["c", "re: c"],
        ["b", "re: b"],
        ["a", "re: a"],
      ]);
      expect(end.session.pendingCalls).toBe(0);
    }
  });

  it("hands the call that the application made back with its outcome", () => {
    const call: Call & { readonly mine: number } = { event: "a", mine: 7 };
    caller.session.invoke("a", undefined, call, 0, 0);
    pair.settle();
    answerer.session.reply(1, undefined);
    pair.settle();
    const [, told] = caller.delivered.at(-1) ?? [];
    expect(told).toBe(call);
  });

  it("may be made by the data of another, which is sent after it", () => {
    caller.invoke("outer", { toJSON: () => caller.invoke("inner") });
    pair.settle();
    expect(answerer.calls.map(([id, event]) => [id, event])).toEqual([
      [1, "inner"],
      [2, "outer"],
    ]);
  });

  it("is not sent when its own data ends the session", () => {
    const data = { toJSON: () => caller.session.close("requested", pair.now) ?? null };
    expect(caller.invoke("a", data)).toBe("IPC_CALL_LOST");
    expect(caller.session.pendingCalls).toBe(0);
  });

  it("keeps its place among events", () => {
    caller.session.emit("one", 1);
    caller.invoke("two", 2);
    caller.session.emit("three", 3);
    pair.settle();
    const order = answerer.delivered.flatMap((one) =>
      one[0] === "event" ? [one[1]] : one[0] === "call" ? [one[2]] : [],
    );
    expect(order).toEqual(["one", "two", "three"]);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["false", false],
    ["text of many scripts", "naïve 世界 \u2028 🌍"],
    ["bytes at depth", { list: [Buffer.from("bytes"), new Float64Array([1.5])] }],
    ["bytes alone", Buffer.from([0, 10, 255])],
    ["many bytes", Buffer.alloc(200_000, 7)],
    ["a lookalike of a reference", [{ $bin: [0, "Buffer"] }, Buffer.from("x")]],
    ["a text of 100,000 characters", "x".repeat(100_000)],
    ["members named like a prototype", JSON.parse('{"__proto__":{"x":1}}') as unknown],
  ])("carries %s, there and back", (_, data) => {
    const id = ask("echo", data);
    expect(answerer.calls).toStrictEqual([[id, "echo", data]]);
    answerer.session.reply(id, data);
    pair.settle();
    expect(caller.outcomes).toStrictEqual([["echo", data]]);
    expect(Reflect.get({}, "x")).toBeUndefined();
  });

  it("may be answered by the one who is called while the caller is called by it", () => {
    answerer.onDelivery = (one): void => {
      if (one[0] === "call") answerer.invoke("back", one[3]);
      if (one[0] === "reply" && one[2].type === "data") answerer.session.reply(1, one[2].data);
    };
    caller.onDelivery = (one): void => {
      if (one[0] === "call") caller.session.reply(one[1], Number(one[3]) + 1);
    };
    ask("there", 1);
    expect(caller.outcomes).toEqual([["there", 2]]);
  });
});

describe("a call that fails", () => {
  it("brings the error of the handler: name, message, code, cause and own members", () => {
    const id = ask("a");
    const error = Object.assign(new RangeError("too far", { cause: new TypeError("no map") }), {
      code: "E_FAR",
      limit: { max: 3 },
    });
    answerer.session.replyError(id, recordError(error, false));
    pair.settle();
    expect(failure()).toBeInstanceOf(RemoteError);
    expect(failure()).toMatchObject({
      name: "RangeError",
      message: "too far",
      code: "E_FAR",
      cause: { name: "TypeError", message: "no map" },
      limit: { max: 3 },
    });
    expect(failure()).not.toHaveProperty("remoteStack");
  });

  it.each([
    ["IPC_NO_HANDLER", `"a"`, `Nobody at the peer handles the call: "a".`],
    ["IPC_INVALID_DATA", "x: a text", "The peer refuses the data of the call: x: a text."],
    [
      "IPC_TOO_MANY_CALLS",
      undefined,
      "The peer has as many unanswered calls of this side as it takes.",
    ],
  ] as const)("says %s in words, and whose fault it is", (code, explanation, message) => {
    const id = ask("a");
    answerer.session.refuseCall(id, code, explanation);
    pair.settle();
    expect(failure()).toBeInstanceOf(ProtocolError);
    expect(failure()).toMatchObject({ code, message, blame: "peer" });
  });

  it("brings at most 1,024 characters of an explanation", () => {
    const id = ask("a");
    answerer.session.refuseCall(id, "IPC_INVALID_DATA", "x".repeat(5_000));
    expect(answerer.session.queuedBytes).toBeLessThan(1_200);
    pair.settle();
    expect(failure()?.message).toHaveLength(
      "The peer refuses the data of the call: .".length + 1024,
    );
  });

  it("is refused if its name is the library's own, though no honest caller sends it", () => {
    expect(() => caller.invoke("connected")).toThrow(
      expect.objectContaining({ code: "IPC_RESERVED_EVENT" }),
    );
    const server = openServer();
    server.feed(`[1,"error"]\n[2,"ipc:x"]\n`);
    expect(server.take()).toBe(
      [1, 2].map((id) => `{"reply":{"id":${id},"failure":"IPC_NO_HANDLER"}}\n`).join(""),
    );
    expect([server.calls, server.session.pendingCalls]).toEqual([[], 0]);
  });

  it("throws at the caller what cannot be encoded, and no id is used up", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const [data, code] of [
      [1n, "IPC_NOT_ENCODABLE"],
      [circle, "IPC_TOO_DEEP"],
      [Symbol("x"), "IPC_NOT_ENCODABLE"],
    ] as const) {
      expect(() => caller.invoke("a", data)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => caller.invoke(5 as unknown as string)).toThrow(/string/);
    expect([ask("a"), caller.session.pendingCalls]).toEqual([1, 1]);
  });

  it("stays open when its reply cannot be encoded, for the error to be told", () => {
    const id = ask("a");
    expect(() => answerer.session.reply(id, 1n)).toThrow(/cannot be encoded/);
    expect(answerer.session.pendingCalls).toBe(1);
    answerer.session.replyError(id, { name: "Error", message: "no text" });
    pair.settle();
    expect(failure()?.message).toBe("no text");
  });
});

describe("an answer", () => {
  it("is given once: what comes after it is dropped", () => {
    const id = ask("a");
    answerer.session.reply(id, 1);
    answerer.session.reply(id, 2);
    answerer.session.replyError(id, { name: "Error", message: "3" });
    answerer.session.refuseCall(id, "IPC_NO_HANDLER");
    answerer.session.reply(99, 4);
    pair.settle();
    expect(caller.outcomes).toEqual([["a", 1]]);
    expect(caller.session.phase).toBe("open");
  });

  it("of a peer by hand counts once, however often it comes", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":{"id":1,"data":1}}\n{"reply":{"id":1,"data":2}}\n`);
    expect([client.outcomes, client.session.phase]).toEqual([[["a", 1]], "open"]);
  });

  it.each([
    ["an error without a message", `{"id":1,"error":{"name":"x"}}`],
    ["an error that is a text", `{"id":1,"error":"x"}`],
    ["an error that is null", `{"id":1,"error":null}`],
    ["a failure of another version", `{"id":1,"failure":"IPC_NEW"}`],
    ["a failure that is a number", `{"id":1,"failure":5}`],
    ["the id 0", `{"id":0}`],
    ["an id that was never given", `{"id":2}`],
    ["data of 129 levels", `{"id":1,"data":${"[".repeat(129)}${"]".repeat(129)}}`],
    [
      "an error of 129 levels",
      `{"id":1,"error":{"name":"","message":"","data":${"[".repeat(128)}${"]".repeat(128)}}}`,
    ],
  ])("with %s is a violation, and the call is lost", (_, reply) => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":${reply}}\n`);
    expect(client.outcomes).toEqual([["a", "IPC_CALL_LOST"]]);
    client.disconnect();
    expect(client.end?.reason).toBe("violation");
  });

  it("with attachments is one only if it has data", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`*1 {"reply":{"id":1,"error":{"name":"","message":""}}}\nx`);
    expect(client.session.phase).toBe("closing");
  });

  it("above 16 KiB is taken, as no other control message is", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":{"id":1,"data":"${"x".repeat(20_000)}"}}\n`);
    expect(client.outcomes[0]?.[1]).toHaveLength(20_000);
    client.feed(` {"reply":{"id":1,"data":"${"x".repeat(20_000)}"}}\n`);
    expect(client.session.phase).toBe("closing");
  });

  it.each([`[1,"a"]\n`, `{"reply":{"id":1}}\n`, `{"cancel":1}\n`])(
    "or a call has no place before the welcome: %s",
    (line) => {
      const server = new Party("server", { accepts: false });
      server.feed(`{"ipc":1,"role":"client","mode":"plain"}\n{"hello":{}}\n`);
      expect(server.session.phase).toBe("accepting");
      server.feed(line);
      expect(server.session.phase).toBe("closing");
    },
  );
});

describe("a cancellation", () => {
  it("tells the answerer, and the caller hears no more of the call", () => {
    const id = ask("a");
    expect(caller.session.cancel(id)).toBe(true);
    expect(caller.session.cancel(id)).toBe(false);
    pair.settle();
    expect(answerer.delivered.at(-1)).toEqual(["cancel", id]);
    answerer.session.reply(id, "too late");
    pair.settle();
    expect(caller.outcomes).toEqual([]);
    expect([caller.session.pendingCalls, answerer.session.pendingCalls]).toEqual([0, 0]);
  });

  it("may cross the reply, whichever is first", () => {
    const id = ask("a");
    answerer.session.reply(id, 1);
    caller.session.cancel(id);
    pair.settle();
    expect(answerer.delivered.some(([kind]) => kind === "cancel")).toBe(false);
    expect(caller.outcomes).toEqual([]);
    expect([caller.session.phase, answerer.session.phase]).toEqual(["open", "open"]);
  });

  it("that arrives with its call comes after it", () => {
    caller.session.cancel(caller.invoke("a") as number);
    pair.settle();
    expect(answerer.delivered.slice(-2).map(([kind]) => kind)).toEqual(["call", "cancel"]);
  });

  it("is told once, however often a peer sends it", () => {
    const server = openServer();
    server.feed(`[1,"a"]\n{"cancel":1}\n{"cancel":1}\n`);
    expect(server.delivered.filter(([kind]) => kind === "cancel")).toHaveLength(1);
    server.session.reply(1, undefined);
    server.feed(`{"cancel":1}\n`);
    expect([server.session.phase, server.session.pendingCalls]).toEqual(["open", 0]);
  });
});

describe("the end of a session", () => {
  it("fails each call once, and says what is known of it", () => {
    expect(new Party("client").invoke("early")).toBe("IPC_CALL_LOST");
    ask("a");
    caller.invoke("b");
    pair.cut();
    expect(caller.outcomes).toEqual([
      ["a", "IPC_CALL_LOST"],
      ["b", "IPC_CALL_LOST"],
    ]);
    expect(failure()).toMatchObject({ context: { event: "b", outcome: "unknown" } });
    expect(caller.invoke("c")).toBe("IPC_CALL_LOST");
    const late = caller.session.invoke("c", 1, { event: "c" }, 0, 0);
    expect(late).toMatchObject({ context: { event: "c", outcome: "not sent" }, blame: "caller" });
    expect([caller.session.pendingCalls, answerer.session.pendingCalls]).toEqual([0, 0]);
    expect(caller.delivered.at(-1)?.[0]).toBe("closed");
  });

  it.each([
    ["this side says goodbye", (): void => caller.close("requested")],
    ["the peer says goodbye", (): void => answerer.close("kicked")],
    ["the peer breaks the protocol", (): void => caller.feed("!\n")],
    ["the peer falls silent", (): void => caller.tick(40_000)],
    ["the connection breaks", (): void => caller.disconnect(new Error("reset"))],
  ])("fails its calls when %s", (_, act) => {
    ask("a", undefined, 0);
    caller.tick(15_000);
    act();
    pair.settle();
    pair.cut();
    expect(caller.outcomes).toEqual([["a", "IPC_CALL_LOST"]]);
  });

  it("forgets the peer's calls: an answer goes nowhere", () => {
    const id = ask("a");
    answerer.close("server-closing");
    answerer.session.reply(id, 1);
    answerer.session.replyError(id, { name: "Error", message: "" });
    answerer.pump();
    expect(answerer.take()).toBe(`{"bye":{"reason":"server-closing"}}\n`);
  });

  it("does not lose an outcome that has come and is not delivered yet", () => {
    const client = openClient();
    client.invoke("a");
    client.invoke("b");
    client.onDelivery = ([, name]): void => {
      if (name === "stop") client.session.close("requested", 0);
    };
    client.feed(`["stop"]\n["dropped"]\n{"reply":{"id":1,"data":"kept"}}\n`);
    expect(client.outcomes).toEqual([
      ["a", "kept"],
      ["b", "IPC_CALL_LOST"],
    ]);
    expect(client.events.map(([name]) => name)).toEqual(["stop"]);
  });

  it("does not lose one that the driver holds back", () => {
    const client = openClient();
    client.invoke("a");
    client.session.handleBytes(Buffer.from(`{"reply":{"id":1,"data":1}}\n["x"]\n`), 0);
    client.session.close("requested", 0);
    client.pump();
    expect([client.outcomes, client.events]).toEqual([[["a", 1]], []]);
  });
});
