import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { type Call, ProtocolError, recordError, RemoteError } from "../src/index.ts";
import { CallPair } from "./call-pair.ts";
import { openServer, type Party } from "./party.ts";

let pair: CallPair;
let caller: Party;
let answerer: Party;

beforeEach(() => {
  pair = new CallPair();
  ({ caller, answerer } = pair);
});

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
      for (const [id, event] of end.calls.toReversed()) end.session.calls.reply(id, `re: ${event}`);
    }
    pair.settle();
    for (const end of [pair.client, pair.server]) {
      expect(end.outcomes).toEqual([
        ["c", "re: c"],
        ["b", "re: b"],
        ["a", "re: a"],
      ]);
      expect(end.session.calls.pending).toBe(0);
    }
  });

  it("hands the call that the application made back with its outcome", () => {
    const call: Call & { readonly mine: number } = { event: "a", mine: 7 };
    caller.session.calls.invoke("a", undefined, call, 0, 0);
    pair.settle();
    answerer.session.calls.reply(1, undefined);
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
    const data = { toJSON: () => caller.session.close({ reason: "requested" }, pair.now) ?? null };
    expect(caller.invoke("a", data)).toBe("IPC_CALL_LOST");
    expect(caller.session.calls.pending).toBe(0);
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
    ["a lookalike of a reference", { $bin: [0, "Buffer"] }],
    ["the same beside bytes", [{ $bin: [0, "Buffer"] }, Buffer.from("x")]],
    ["a text of 100,000 characters", "x".repeat(100_000)],
    ["members named like a prototype", JSON.parse('{"__proto__":{"x":1}}') as unknown],
  ])("carries %s, there and back", (_, data) => {
    const id = pair.ask("echo", data);
    // Of many bytes, an assertion compares one after the other, for seconds.
    expect(isDeepStrictEqual(answerer.calls, [[id, "echo", data]])).toBe(true);
    answerer.session.calls.reply(id, data);
    pair.settle();
    expect(isDeepStrictEqual(caller.outcomes, [["echo", data]])).toBe(true);
    expect(Reflect.get({}, "x")).toBeUndefined();
  });

  it("may be answered while the caller is itself called by the answerer", () => {
    answerer.onDelivery = (one): void => {
      if (one[0] === "call") answerer.invoke("back", one[3]);
      if (one[0] === "reply" && one[2].type === "data")
        answerer.session.calls.reply(1, one[2].data);
    };
    caller.onDelivery = (one): void => {
      if (one[0] === "call") caller.session.calls.reply(one[1], Number(one[3]) + 1);
    };
    pair.ask("there", 1);
    expect(caller.outcomes).toEqual([["there", 2]]);
  });
});

describe("a call that fails", () => {
  it("brings the error of the handler: name, message, code, cause and own members", () => {
    const id = pair.ask("a");
    const error = Object.assign(new RangeError("too far", { cause: new TypeError("no map") }), {
      code: "E_FAR",
      limit: { max: 3 },
    });
    answerer.session.calls.replyError(id, recordError(error, false));
    pair.settle();
    expect(pair.failure).toBeInstanceOf(RemoteError);
    expect(pair.failure).toMatchObject({
      name: "RangeError",
      message: "too far",
      code: "E_FAR",
      cause: { name: "TypeError", message: "no map" },
      limit: { max: 3 },
    });
    expect(pair.failure).not.toHaveProperty("remoteStack");
  });

  it.each([
    ["IPC_NO_HANDLER", "a", `The peer has no handler for the call: "a".`],
    [
      "IPC_PEER_CLOSING",
      "\u001b[2J\nINFO all is well\u202e",
      String.raw`The peer ends the session and takes no more calls: "\u001b[2J\nINFO all is well\u202e".`,
    ],
    [
      "IPC_TOO_MANY_CALLS",
      undefined,
      "The peer runs as many calls of this side as its maxCalls and maxCallBytes allow: wait for replies.",
    ],
  ] as const)("says %s in words, and whose fault it is", (code, explanation, message) => {
    const id = pair.ask("a");
    answerer.session.calls.refuse(id, code, explanation);
    pair.settle();
    expect(pair.failure).toBeInstanceOf(ProtocolError);
    expect(pair.failure).toMatchObject({ code, message, blame: "peer" });
  });

  it("brings at most 1,024 bytes of an explanation", () => {
    const id = pair.ask("a");
    answerer.session.calls.refuse(id, "IPC_NO_HANDLER", "x".repeat(5_000));
    expect(answerer.session.queuedBytes).toBeLessThan(1_200);
    pair.settle();
    expect(pair.failure?.message).toHaveLength(
      'The peer has no handler for the call: "".'.length + 1024,
    );
  });

  it("cuts an explanation in bytes, and no character in two", () => {
    const id = pair.ask("a");
    answerer.session.calls.refuse(id, "IPC_NO_HANDLER", "€".repeat(5_000));
    pair.settle();
    expect(pair.failure?.message).toBe(
      `The peer has no handler for the call: "${"€".repeat(341)}".`,
    );
  });

  it("has what a validator says, which may quote the data, in its cause alone", () => {
    const id = pair.ask("a");
    answerer.session.calls.refuse(id, "IPC_INVALID_DATA", "no payload");
    pair.settle();
    expect(pair.failure).toMatchObject({
      code: "IPC_INVALID_DATA",
      blame: "peer",
      message: "The validator of the peer refused the data of the call; see its cause.",
      cause: { message: "no payload" },
    });
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
    expect([server.calls, server.session.calls.pending]).toEqual([[], 0]);
  });

  it("throws at the caller what cannot be encoded, and no id is used up", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const [data, code] of [
      [1n, "IPC_NOT_ENCODABLE"],
      [circle, "IPC_NOT_ENCODABLE"],
      [Symbol("x"), "IPC_NOT_ENCODABLE"],
    ] as const) {
      expect(() => caller.invoke("a", data)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => caller.invoke(5 as unknown as string)).toThrow(/string/);
    expect([pair.ask("a"), caller.session.calls.pending]).toEqual([1, 1]);
  });

  it("stays open when its reply cannot be encoded, for the error to be told", () => {
    const id = pair.ask("a");
    expect(() => answerer.session.calls.reply(id, 1n)).toThrow(/cannot be encoded/);
    expect(answerer.session.calls.pending).toBe(1);
    answerer.session.calls.replyError(id, { name: "Error", message: "no text" });
    pair.settle();
    expect(pair.failure?.message).toBe("no text");
  });
});
