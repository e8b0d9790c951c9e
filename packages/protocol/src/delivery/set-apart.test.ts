import { Buffer } from "node:buffer";
import { expect, it } from "vitest";
import { encodeFrame } from "@ipc/framing";
import type { Batch } from "./batch.ts";
import { setApart } from "./set-apart.ts";

function lines(text: string): Batch {
  return { chunks: [Buffer.from(text)], size: text.length, messages: text.split("\n").length - 1 };
}

function frame(text: string, ...attachments: Buffer[]): Batch {
  const chunks = encodeFrame(text, attachments);
  return { chunks, size: chunks.reduce((sum, { length }) => sum + length, 0), messages: 1 };
}

function textOf(batches: readonly Batch[]): readonly string[] {
  return batches.map(({ chunks }) => Buffer.concat(chunks as Uint8Array[]).toString());
}

it("holds events, calls and chunks of streams, and lets answers go", () => {
  const { answers, held } = setApart([
    lines(`["a"]\n["b"]\n{"reply":{"id":1}}\n{"cancel":7}\n["c"]\n`),
    frame(`{"reply":{"id":2,"data":{"$bin":[0,"Buffer"]}}}`, Buffer.from("!")),
    frame(`["d",{"$bin":[0,"Buffer"]}]`, Buffer.from("!")),
    lines(`{"stream":{"id":1,"credit":5}}\n{"stream":{"id":1,"data":5}}\n`),
    frame(`{"stream":{"id":1}}`, Buffer.from("!")),
    lines(`{"stream":{"id":1,"end":true}}\n`),
    lines(`{"stream":{"id":12,"cancel":{}}}\n`),
  ]);
  expect(textOf(answers)).toEqual([
    `{"reply":{"id":1}}\n`,
    `{"cancel":7}\n`,
    `*1 {"reply":{"id":2,"data":{"$bin":[0,"Buffer"]}}}\n!`,
    `{"stream":{"id":1,"credit":5}}\n`,
    `{"stream":{"id":12,"cancel":{}}}\n`,
  ]);
  expect(textOf(held)).toEqual([
    `["a"]\n["b"]\n`,
    `["c"]\n`,
    `*1 ["d",{"$bin":[0,"Buffer"]}]\n!`,
    `{"stream":{"id":1,"data":5}}\n`,
    `*1 {"stream":{"id":1}}\n!`,
    `{"stream":{"id":1,"end":true}}\n`,
  ]);
});

it("holds each call as a batch that can be withdrawn, without those that were given up", () => {
  const single = lines(`[4,"d"]\n`);
  const { answers, held } = setApart([
    lines(`[1,"a"]\n["e"]\n[2,"b"]\n[3,"c"]\n`),
    single,
    lines(`{"cancel":2}\n{"cancel":9}\n`),
  ]);
  expect(textOf(answers)).toEqual([`{"cancel":9}\n`]);
  expect(held.map(({ terms }) => terms?.callId)).toEqual([1, undefined, 3, 4]);
  expect(textOf(held)).toEqual([`[1,"a"]\n`, `["e"]\n`, `[3,"c"]\n`, `[4,"d"]\n`]);
});

it("leaves marks and runs of events as they are", () => {
  const mark = { chunks: [], size: 0, messages: 0, mark: {} };
  const events = lines(`["a"]\n["b"]\n`);
  const { answers, held } = setApart([events, mark]);
  expect(answers).toEqual([]);
  expect(held[0]).toBe(events);
  expect(held[1]).toBe(mark);
});
