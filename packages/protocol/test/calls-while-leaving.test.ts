import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { ProtocolError } from "../src/index.ts";
import { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";

function connected(): RecoveryPair {
  const pair = new RecoveryPair();
  pair.connect();
  return pair;
}

function invoke(caller: Side, event: string, data: unknown = event, timeout = 0): number {
  const call = { event };
  return Number(caller.session?.calls.invoke(event, data, call, timeout, 0));
}

/** The fates of the calls of a side: the answer, or what is known of those without one. */
function outcomes({ seen }: Side): unknown[] {
  return seen.flatMap((one) => {
    if (one[0] !== "reply") return [];
    const [, event, reply] = one;
    if (reply.type === "data") return [[event, reply.data]];
    const { code, context } = reply.error as ProtocolError;
    return [[event, code, context["outcome"]]];
  });
}

/** A client that leaves while it has not answered a call yet. */
function leavingWhileCalled(): { pair: RecoveryPair; client: Side; server: Side; id: number } {
  const pair = connected();
  const { client, server } = pair;
  client.answer = () => undefined;
  const id = invoke(server, "slow");
  pair.settle();
  client.session?.leave(1_000, 0);
  return { pair, client, server, id };
}

describe("a client that leaves while it is called", () => {
  it("answers first", () => {
    const pair = connected();
    const { client, server } = pair;
    client.answer = () => undefined;
    const id = invoke(server, "slow", 1);
    server.session?.askToLeave(1_000);
    pair.settle();
    client.session?.emit("e", "for the next");
    pair.pass(300);
    expect(client.session?.phase).toBe("open");
    client.reply(id, "done");
    pair.settle();
    expect(outcomes(server)).toEqual([["slow", "done"]]);
    expect(client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
    expect(client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: "for the next" }]);
    pair.connect();
    expect(server.events).toEqual(["for the next"]);
  });

  it("answers a large message and an error too, though it holds as much as it may", () => {
    const pair = new RecoveryPair({ limits: { maxQueuedBytes: 65_536 } });
    pair.connect();
    const { client, server } = pair;
    client.answer = () => undefined;
    const [large, failed] = [invoke(server, "large"), invoke(server, "failed")];
    pair.settle();
    client.session?.leave(1_000, 0);
    for (let event = 0; event < 10; event++) {
      client.session?.emit("e", "x".repeat(10_000));
      pair.settle();
    }
    expect(client.dropped).toBe(3);
    client.session?.calls.reply(large, Buffer.alloc(300_000));
    client.session?.calls.replyError(failed, { name: "Error", message: "no" });
    pair.settle();
    const replies = server.seen.flatMap((one) => (one[0] === "reply" ? [one[2].type] : []));
    expect(replies.toSorted()).toEqual(["data", "error"]);
    expect(client.ends).toHaveLength(1);
  });

  it("sends what waited when it was asked, events, calls and answers in their order", () => {
    const pair = connected();
    const { client, server } = pair;
    client.answer = () => undefined;
    const ids = [invoke(server, "a"), invoke(server, "b"), invoke(server, "c")];
    const own = invoke(client, "given up");
    server.answer = () => undefined;
    pair.settle();
    client.session?.emit("e", 1);
    client.reply(ids[0] ?? 0, 1);
    const unsent = invoke(client, "unsent");
    client.session?.emit("e", 2);
    client.session?.emit("e", 3);
    client.session?.calls.refuse(ids[1] ?? 0, "IPC_NO_HANDLER");
    client.session?.calls.cancel(own);
    client.session?.calls.cancel(unsent);
    client.session?.emit("e", Buffer.from("4"));
    client.reply(ids[2] ?? 0, Buffer.from("3"));
    client.session?.leave(1_000, 0);
    pair.settle();
    expect(outcomes(server).map((outcome) => (outcome as unknown[])[1])).toEqual([
      1,
      expect.anything(),
      Buffer.from("3"),
    ]);
    expect(server.seen.filter(([kind]) => kind === "cancel")).toEqual([
      ["cancel", own],
      ["cancel", unsent],
    ]);
    expect(server.events).toEqual([1, 2, 3, Buffer.from("4")]);
    server.session?.calls.refuse(own, "IPC_NO_HANDLER");
    expect(client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
    pair.connect();
    expect(server.events).toEqual([1, 2, 3, Buffer.from("4")]);
  });

  it("leaves although the peer has made up a reply to a call that was not sent", () => {
    const { pair, client, id } = leavingWhileCalled();
    const held = invoke(client, "held");
    client.session?.handleBytes(Buffer.from(`{"reply":{"id":${held},"data":1}}\n`), 0);
    client.reply(id, "done");
    pair.settle();
    expect(outcomes(client)).toEqual([["held", 1]]);
    expect(client.ends).toHaveLength(1);
  });

  it("says bye behind an answer also when its time is over", () => {
    const { pair, client, server, id } = leavingWhileCalled();
    invoke(server, "never");
    pair.settle();
    pair.now = 1_000;
    client.blocked = true;
    client.reply(id, "late");
    client.session?.handleTimeout(1_000);
    client.drain();
    pair.settle();
    expect(outcomes(server)[0]).toEqual(["slow", "late"]);
  });

  it("goes on with its events behind its answers when the session is cut", () => {
    const pair = connected();
    const { client, server } = pair;
    const cancelled = invoke(client, "cancelled");
    server.answer = () => undefined;
    client.answer = () => undefined;
    const id = invoke(server, "slow");
    pair.settle();
    client.session?.emit("e", 1);
    client.session?.leave(1_000, 0);
    client.session?.emitWith("e", 2, { ttl: 10_000 }, 0);
    const mark = {};
    client.session?.flush(mark);
    client.session?.emit("e", 3);
    invoke(client, "kept");
    client.reply(id, "done");
    client.session?.calls.cancel(cancelled);
    pair.cut();
    pair.connect();
    expect(outcomes(server)).toEqual([["slow", "done"]]);
    expect(new Set(server.events)).toEqual(new Set([1, 2, 3]));
    expect(server.events).toHaveLength(3);
    expect(server.seen.filter(([kind]) => ["call", "cancel"].includes(kind))).toEqual([
      ["call", "cancelled", "cancelled"],
      ["cancel", cancelled],
      ["call", "kept", "kept"],
    ]);
    expect(client.count("flushed")).toBe(1);
    pair.pass(2_000);
    expect(client.session?.phase).toBe("open");
  });
});

describe("a call that is made while its side leaves", () => {
  it("does not keep it, and was not sent", () => {
    const pair = connected();
    const { client } = pair;
    client.session?.emit("e", 1);
    client.session?.leave(10_000, 0);
    invoke(client, "held", 1);
    pair.settle();
    expect(pair.server.count("call")).toBe(0);
    expect(outcomes(client)).toEqual([["held", "IPC_CALL_LOST", "not sent"]]);
    expect(client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
  });

  it("leaves its side waiting for the calls that were sent", () => {
    const pair = connected();
    const { client, server } = pair;
    server.answer = () => undefined;
    const id = invoke(client, "sent");
    pair.settle();
    client.session?.emit("e", 1);
    client.session?.leave(10_000, 0);
    const kept = invoke(client, "kept");
    client.session?.emit("e", 2);
    invoke(client, "given up", 1, 100);
    client.session?.calls.cancel(kept);
    pair.pass(200);
    expect(client.session?.phase).toBe("open");
    server.reply(id, "done");
    pair.settle();
    expect(outcomes(client)).toEqual([
      ["given up", "IPC_CALL_TIMEOUT", undefined],
      ["sent", "done"],
    ]);
    expect(client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: 2 }]);
    expect([client.count("closed"), server.count("call")]).toEqual([1, 1]);
  });
});

describe("a call that waits when the peer leaves", () => {
  it("was not sent, for the peer takes nothing more; of one that was, nothing is known", () => {
    const pair = connected();
    const { client, server } = pair;
    server.answer = () => undefined;
    invoke(client, "sent");
    pair.settle();
    client.blocked = true;
    client.session?.emit("e", Buffer.alloc(300_000));
    pair.write();
    invoke(client, "waits");
    server.session?.close({ reason: "server-closing" }, 0);
    pair.arrive("client");
    pair.cut();
    expect(outcomes(client)).toEqual([
      ["sent", "IPC_CALL_LOST", "unknown"],
      ["waits", "IPC_CALL_LOST", "not sent"],
    ]);
  });
});
