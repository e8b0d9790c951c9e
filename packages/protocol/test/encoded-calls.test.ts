import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { defaultLimits, MessageEncoder, serializationOf } from "../src/index.ts";
import { choices } from "./choices.ts";
import { SessionPair } from "./session-pair.ts";

const limit = 20_000;

function codeThrown(work: () => unknown): unknown {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

async function* nothing(): AsyncGenerator {}

/** Sessions of one endpoint, whose servers call their clients. */
function endpoint(count: number, encoder = new MessageEncoder(defaultLimits)): SessionPair[] {
  const client = { encoder: new MessageEncoder(defaultLimits, encoder.serialization) };
  return Array.from({ length: count }, () => {
    const pair = new SessionPair({ server: { encoder }, client });
    pair.settle();
    return pair;
  });
}

describe("a call that is encoded once", () => {
  it.each(["json", "advanced"] as const)("asks a thousand sessions, as %s", (name) => {
    const encoder = new MessageEncoder(defaultLimits, serializationOf(choices[name]));
    const pairs = endpoint(1_000, encoder);
    let encodings = 0;
    const data = {
      get counted(): number {
        return ++encodings;
      },
    };
    const encoded = encoder.encodeCall("a", [data]);
    const first = encodings;
    for (const { server } of pairs) {
      server.session.calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
    }
    for (const pair of pairs) pair.settle();
    expect(encodings).toBe(first);
    for (const { client } of pairs) {
      expect(client.calls).toEqual([[1, "a", [{ counted: first }]]]);
    }
  });

  it.each([
    ["nothing", undefined],
    ["a text", "x"],
    ["a text of many scripts", "naïve 世界 \u2028 🌍".repeat(500)],
    ["as much text as is copied", "x".repeat(4_096 - `"a",""]`.length - 1)],
    ["as little text as is shared", "x".repeat(4_096 - `"a",""]`.length)],
    ["bytes", { list: [Buffer.from("bytes"), new Float64Array([1.5])] }],
    ["many bytes", Buffer.alloc(200_000, 7)],
    ["a text of 300,000 characters", "x".repeat(300_000)],
  ])("brings %s under the id of each session", (_, data) => {
    const encoder = new MessageEncoder(defaultLimits);
    const pairs = endpoint(2, encoder);
    pairs[0]?.server.invoke("before");
    const encoded = encoder.encodeCall("a", data);
    for (const { server } of pairs) {
      const id = server.session.calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
      expect(id).toBe(server === pairs[0]?.server ? 2 : 1);
    }
    for (const pair of pairs) {
      pair.settle();
      const [id = 0, , received] = pair.client.calls.at(-1) ?? [];
      // Of many bytes, an assertion compares one after the other, for seconds.
      expect(isDeepStrictEqual(received, data)).toBe(true);
      pair.client.session.calls.reply(id, `re: ${id}`);
      pair.settle();
      expect(pair.server.outcomes).toStrictEqual([["a", `re: ${id}`]]);
    }
  });

  it("shares the bytes of large data, whatever the ids", () => {
    const encoder = new MessageEncoder(defaultLimits);
    const bytes = Buffer.alloc(100_000);
    const encoded = encoder.encodeCall("a", ["x".repeat(5_000), bytes]);
    const [one, other] = [encoded.message(1), encoded.message(22)];
    expect(one.chunks[1]).toBe(other.chunks[1]);
    expect(one.chunks[2]).toBe(other.chunks[2]);
    expect(one.chunks[2]).toHaveLength(bytes.length);
    for (const { chunks, frameSize } of [one, other]) {
      expect(frameSize).toBe(Buffer.concat(chunks).length);
    }
  });

  it("can be withdrawn while it waits", () => {
    const [pair] = endpoint(1);
    if (pair === undefined) throw new Error("no pair");
    const { client, server } = pair;
    const encoded = new MessageEncoder(defaultLimits).encodeCall("a", 1);
    server.blocks = true;
    server.session.emit("fills", 1);
    server.pump();
    const id = server.session.calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
    expect(server.session.calls.cancel(Number(id))).toBe(true);
    server.drain();
    pair.settle();
    expect([client.calls, server.session.calls.pending]).toEqual([[], 0]);
  });

  it("fails on a session that is over, and in one whose queue is full", () => {
    const encoder = new MessageEncoder(defaultLimits);
    const encoded = encoder.encodeCall("a", 1);
    const pair = new SessionPair({ server: { limits: { maxQueuedBytes: 1, maxBurstBytes: 1 } } });
    pair.settle();
    const { server } = pair;
    server.blocks = true;
    server.session.emit("fills", 1);
    server.pump();
    server.session.emit("fills", 2);
    const { calls } = server.session;
    const full = calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
    expect(full).toMatchObject({ code: "IPC_QUEUE_FULL" });
    pair.cut();
    const over = calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
    expect(over).toMatchObject({ code: "IPC_CALL_LOST", context: { outcome: "not sent" } });
    expect(calls.pending).toBe(0);
  });

  it.each([
    [limit - 1, "none", 1],
    [limit, "none", 1],
    [limit + 1, "IPC_MESSAGE_TOO_LARGE", "IPC_MESSAGE_TOO_LARGE"],
  ])("of %d bytes is held to this side's limit and to the peer's", (size, thrown, answered) => {
    const data = "x".repeat(size - `[1,"a",""]`.length);
    const own = new MessageEncoder({ ...defaultLimits, maxMessageBytes: limit });
    expect(codeThrown(() => own.encodeCall("a", data))).toBe(thrown);

    const pair = new SessionPair({ client: { limits: { maxMessageBytes: limit } } });
    pair.settle();
    const encoded = new MessageEncoder(defaultLimits).encodeCall("a", data);
    const sent = pair.server.session.calls.invokeEncoded(encoded, { event: "a" }, 0, 0);
    expect(typeof sent === "number" ? sent : sent.code).toBe(answered);
  });

  it("is refused where the digits of its id are too many", () => {
    const pair = new SessionPair({ server: { limits: { maxMessageBytes: limit } } });
    pair.settle();
    for (let id = 1; id < 10; id++) pair.server.invoke("b");
    const encoder = new MessageEncoder({ ...defaultLimits, maxMessageBytes: limit });
    const encoded = encoder.encodeCall("a", "x".repeat(limit - `[1,"a",""]`.length));
    expect(() => pair.server.session.calls.invokeEncoded(encoded, { event: "a" }, 0, 0)).toThrow(
      expect.objectContaining({ code: "IPC_MESSAGE_TOO_LARGE" }),
    );
    expect(pair.server.session.calls.pending).toBe(9);
  });

  it("takes no streams, no reserved name, and no more binary values than this side's limit", () => {
    const encoder = new MessageEncoder({ ...defaultLimits, maxAttachments: 1 });
    for (const [event, data, code] of [
      ["a", [nothing()], "IPC_STREAM_NOT_SENDABLE"],
      ["error", 1, "IPC_RESERVED_EVENT"],
      ["a", 1n, "IPC_NOT_ENCODABLE"],
      ["a", [Buffer.alloc(1), Buffer.alloc(1)], "IPC_TOO_MANY_ATTACHMENTS"],
    ] as const) {
      expect(() => encoder.encodeCall(event, data)).toThrow(expect.objectContaining({ code }));
    }
  });
});
