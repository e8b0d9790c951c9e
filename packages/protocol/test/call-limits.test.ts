import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { recordError } from "../src/index.ts";
import { openServer, type Party } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

const limit = 20_000;

function open(options: { maxCalls?: number; client?: number; server?: number } = {}): SessionPair {
  const { maxCalls = 3, client = limit, server = limit } = options;
  const pair = new SessionPair({
    client: { limits: { maxMessageBytes: client, maxAttachments: 2 } },
    server: { limits: { maxMessageBytes: server, maxAttachments: 2, maxCalls } },
  });
  pair.settle();
  return pair;
}

/** Lets the call of an event arrive, and answers its id on the other side. */
function ask(pair: SessionPair, event = "a"): number {
  pair.client.invoke(event);
  pair.settle();
  const [id = 0] = pair.server.calls.at(-1) ?? [];
  return id;
}

describe("the limit of calls", () => {
  it.each([
    [2, []],
    [3, []],
    [4, ["IPC_TOO_MANY_CALLS"]],
    [6, ["IPC_TOO_MANY_CALLS", "IPC_TOO_MANY_CALLS", "IPC_TOO_MANY_CALLS"]],
  ])("of 3 lets of %d calls three wait, and refuses the others at once", (count, refused) => {
    const pair = open();
    for (let call = 0; call < count; call++) pair.client.invoke("a");
    pair.settle();
    expect(pair.server.calls).toHaveLength(Math.min(count, 3));
    expect(pair.client.outcomes.map(([, code]) => code)).toEqual(refused);
  });

  it("is 1,024 unless said otherwise, and may be none", () => {
    const server = openServer();
    for (let id = 1; id <= 1_025; id++) server.feed(`[${id},"a"]\n`);
    expect(server.calls).toHaveLength(1_024);
    expect(server.take()).toBe(`{"reply":{"id":1025,"failure":"IPC_TOO_MANY_CALLS"}}\n`);
    const none = open({ maxCalls: 0 });
    none.client.invoke("a");
    none.settle();
    expect(none.client.outcomes).toEqual([["a", "IPC_TOO_MANY_CALLS"]]);
  });

  it.each([-1, 2 ** 24 + 1, Number.NaN])("is no %d", (maxCalls) => {
    expect(() => openServer({ limits: { maxCalls } })).toThrow(/maxCalls/);
  });

  it.each([
    ["reply", (server: Party, id: number) => server.session.calls.reply(id, 1)],
    [
      "error",
      (server: Party, id: number) => server.session.calls.replyError(id, recordError(1, false)),
    ],
    ["refusal", (server: Party, id: number) => server.session.calls.refuse(id, "IPC_NO_HANDLER")],
  ] as const)("makes a place free with a %s", (_, answer) => {
    const pair = open({ maxCalls: 1 });
    answer(pair.server, ask(pair));
    pair.settle();
    ask(pair);
    expect(pair.server.calls).toHaveLength(2);
  });

  it("counts a cancelled call until its handler is done: a caller that cancels has no more of them run", () => {
    const pair = open({ maxCalls: 1 });
    const id = ask(pair);
    pair.client.session.calls.cancel(1);
    ask(pair);
    expect(pair.client.outcomes).toEqual([["a", "IPC_TOO_MANY_CALLS"]]);
    pair.server.session.calls.reply(id, "not heard");
    ask(pair);
    expect(pair.server.calls).toHaveLength(2);
    expect(pair.server.session.calls.pending).toBe(1);
  });
});

describe("the limit of a message", () => {
  const around = `[1,"a",""]`.length;

  it.each([
    [limit - 1, "sent"],
    [limit, "sent"],
    [limit + 1, "IPC_MESSAGE_TOO_LARGE"],
  ])("of the peer holds for a call of %d bytes: it is %s", (size, outcome) => {
    const pair = open({ client: 2 * limit });
    const answer = pair.client.invoke("a", "x".repeat(size - around));
    expect(answer).toBe(outcome === "sent" ? 1 : outcome);
    pair.settle();
    expect(pair.server.calls).toHaveLength(outcome === "sent" ? 1 : 0);
    expect([pair.client.session.calls.pending, pair.server.phase]).toEqual([
      outcome === "sent" ? 1 : 0,
      "open",
    ]);
  });

  it("of the peer holds for a call's binary values", () => {
    const pair = open();
    const wide = new SessionPair({
      server: { limits: { maxAttachments: 1, maxMessageBytes: limit } },
    });
    wide.settle();
    expect(wide.client.invoke("a", [Buffer.alloc(1), Buffer.alloc(1)])).toBe(
      "IPC_TOO_MANY_ATTACHMENTS",
    );
    expect(() =>
      pair.client.invoke(
        "a",
        [1, 2, 3].map((size) => Buffer.alloc(size)),
      ),
    ).toThrow(/binary values/);
    expect(() => pair.client.invoke("a", "x".repeat(limit))).toThrow(/maxMessageBytes/);
    expect(pair.client.invoke("a")).toBe(1);
  });

  const aroundReply = `{"reply":{"id":1,"data":""}}`.length;

  it.each([limit - 1, limit])("of the caller lets a reply of %d bytes through", (size) => {
    const pair = open({ server: 2 * limit });
    pair.server.session.calls.reply(ask(pair), "x".repeat(size - aroundReply));
    pair.settle();
    expect(pair.client.outcomes).toHaveLength(1);
  });

  it("of the caller lets no larger reply through, which throws", () => {
    const pair = open({ server: 2 * limit });
    const id = ask(pair);
    expect(() => pair.server.session.calls.reply(id, "x".repeat(limit + 1 - aroundReply))).toThrow(
      expect.objectContaining({ code: "IPC_MESSAGE_TOO_LARGE" }),
    );
    pair.settle();
    expect([pair.client.outcomes, pair.client.phase]).toEqual([[], "open"]);
  });

  it.each([
    [limit - 200, /^x+$/],
    [limit, /^x{1024}… \(cut: the error takes \d+ bytes, and its receiver accepts 20000\)$/],
  ])("of the caller lets of an error of %d characters pass: %s", (size, message) => {
    const pair = open({ server: 10 * limit });
    const error = Object.assign(new RangeError("x".repeat(size)), { code: "E_LONG" });
    pair.server.session.calls.replyError(ask(pair), recordError(error, false));
    pair.settle();
    expect(pair.client.failures).toMatchObject([{ name: "RangeError", code: "E_LONG" }]);
    expect(pair.client.failures[0]?.message).toMatch(message);
    expect(pair.client.phase).toBe("open");
  });

  it("of the caller is kept by an error whose name and code are huge", () => {
    const pair = open({ server: 10 * limit });
    const huge = "\u0001".repeat(40_000);
    const error = Object.assign(new Error(huge), { name: huge, code: huge });
    pair.server.session.calls.replyError(ask(pair), recordError(error, true));
    pair.settle();
    expect(pair.client.phase).toBe("open");
    expect(pair.client.outcomes).toEqual([["a", huge.slice(0, 256)]]);
  });
});

describe("nesting", () => {
  it.each([
    [127, "open"],
    [128, "open"],
    [129, "closing"],
  ])("of %d levels in a call: the session is %s", (levels, phase) => {
    const server = openServer();
    server.feed(`[1,"a",${"[".repeat(levels)}${"]".repeat(levels)}]\n`);
    expect(server.phase).toBe(phase);
  });

  it("of 128 levels crosses in a call and in a reply", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 128; level++) deep = [deep];
    const pair = open();
    expect(pair.client.invoke("a", deep)).toBe(1);
    pair.settle();
    pair.server.session.calls.reply(1, deep);
    pair.settle();
    expect(pair.client.outcomes).toEqual([["a", deep]]);
    expect(() => pair.client.invoke("a", [deep])).toThrow(/128 levels/);
  });
});
