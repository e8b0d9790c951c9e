import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordError } from "../src/index.ts";
import { errorBye, openServer, type Party } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

const datum = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.record({
    at: fc.float64Array({ maxLength: 4, noNaN: true }),
    text: fc.string({ unit: "grapheme" }),
  }),
  fc.constantFrom("x".repeat(2_000), "é".repeat(600)),
);

const step = fc.oneof(
  fc.record({ by: fc.constantFrom("client", "server"), emit: datum }),
  fc.record({ by: fc.constantFrom("client", "server"), ping: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ by: fc.constantFrom("client", "server"), invoke: datum }),
  fc.record({ by: fc.constantFrom("client", "server"), cancel: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ settle: fc.constant(true) }),
);

type Step = {
  readonly by?: "client" | "server";
  readonly emit?: unknown;
  readonly invoke?: unknown;
  readonly ping?: number;
  readonly cancel?: number;
};

/** Answers every second call with its data, and the others with an error. */
function answer(party: Party): void {
  party.onDelivery = (one): void => {
    if (one[0] !== "call") return;
    const [, id, , data] = one;
    if (id % 2 === 1) party.session.calls.reply(id, data);
    else party.session.calls.replyError(id, recordError(new Error("no", { cause: data }), false));
  };
}

const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 });

function converse(steps: readonly object[], sizes: readonly number[], latency: number): unknown {
  const pair = new SessionPair({ cuts: sizes, latency });
  pair.settle();
  answer(pair.client);
  answer(pair.server);
  for (const one of steps as Step[]) {
    // Calls are given up and pings are sent when nothing is on its way: whether a reply or what
    // crosses it is first depends on the cuts.
    if (one.invoke === undefined && one.emit === undefined) pair.settle();
    const end = pair[one.by ?? "client"];
    if (one.invoke !== undefined) end.invoke("c", one.invoke);
    else if (one.cancel !== undefined) end.session.calls.cancel(one.cancel);
    else if (one.emit !== undefined) end.session.emit("e", one.emit);
    else if (one.ping !== undefined) end.session.ping(one.ping);
  }
  pair.client.close("requested");
  pair.settle();
  pair.cut();
  return { client: pair.client.delivered, server: pair.server.delivered };
}

describe("a conversation", () => {
  it("delivers the same however its bytes are cut and delayed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), cuts, fc.nat(20), (steps, sizes, latency) => {
        expect(converse(steps, sizes, latency)).toStrictEqual(converse(steps, [], 1));
      }),
      { numRuns: 50 },
    );
  });
});

function isPong(text: string): boolean {
  return text.startsWith('{"pong"');
}

describe("bytes from anybody", () => {
  const line = fc.oneof(
    fc
      .constantFrom(
        `["a",1]\n`,
        `["error"]\n`,
        `{"ping":5}\n`,
        `{"pong":0}\n`,
        `*3,0 ["b",[{"$bin":[0,"Buffer"]},{"$bin":[1,"Uint16Array"]}]]\nxyz`,
        `*1 ["b"]\nx`,
        `~0 3!\nabc`,
        `{"bye":{"reason":"lost"}}\n`,
        `[1,"c",{"a":1}]\n`,
        `[2,"c"]\n`,
        `[3,"error"]\n`,
        `*2 [4,"c",{"$bin":[0,"Uint16Array"]}]\nxy`,
        `{"cancel":1}\n`,
        `{"reply":{"id":1,"data":[1]}}\n`,
        `{"reply":{"id":1,"error":{"name":"E","message":"m"}}}\n`,
        `{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n`,
        errorBye("IPC_NOT_IPC"),
        `[`,
        `\n`,
        `*`,
      )
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );

  it("never throw, and end a session in the same way however they are cut", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), cuts, (lines, sizes) => {
        const bytes = Buffer.concat(lines);
        const [whole, cut] = [openServer(), openServer()];
        for (const server of [whole, cut]) {
          server.invoke("mine");
          server.pump();
        }
        whole.feed(bytes);
        let at = 0;
        for (let turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          cut.feed(bytes.subarray(at, at + size));
          at += size;
        }
        for (const server of [whole, cut]) server.disconnect();
        // Lines without a number go first, whatever waits.
        const [one, other] = [cut.take(), whole.take()].map((text) => text.split("\n"));
        expect(one?.filter(isPong)).toEqual(other?.filter(isPong));
        expect(one?.filter((text) => !isPong(text))).toEqual(
          other?.filter((text) => !isPong(text)),
        );
        expect(cut.delivered).toStrictEqual(whole.delivered);
      }),
      { numRuns: 300 },
    );
  });
});
