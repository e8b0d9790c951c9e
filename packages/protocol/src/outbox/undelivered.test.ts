import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { encodeFrame } from "@ipc/framing";
import type { ProtocolError } from "../error.ts";
import type { Batch } from "./batch.ts";
import { allowedBy, eventsOf } from "./undelivered.ts";

function lines(text: string): Batch {
  return { chunks: [Buffer.from(text)], size: text.length, messages: text.split("\n").length - 1 };
}

function frame(text: string, ...attachments: Buffer[]): Batch {
  const chunks = encodeFrame(text, attachments);
  return { chunks, size: chunks.reduce((sum, { length }) => sum + length, 0), messages: 1 };
}

function textOf(batches: readonly Batch[]): string {
  return batches.flatMap(({ chunks }) => chunks.map(String)).join("");
}

describe("given what a session has not sent", () => {
  it("keeps events alone", () => {
    const batches = [
      lines(`["a"]\n[1,"c"]\n["b"]\n{"reply":{"id":1}}\n`),
      lines(`[2,"c"]\n{"cancel":2}\n`),
      lines(`["x"]\n`),
      frame(`[3,"c",{"$bin":[0,"Buffer"]}]`, Buffer.from("!")),
      frame(`["y",{"$bin":[0,"Buffer"]}]`, Buffer.from("!")),
    ];
    expect(textOf(eventsOf(batches))).toBe(
      `["a"]\n["b"]\n["x"]\n*1 ["y",{"$bin":[0,"Buffer"]}]\n!`,
    );
  });
});

describe("given a peer that takes 20 bytes and one attachment", () => {
  const peer = { message: 20, attachments: 1, streams: 0 };

  function allowed(batch: Batch): [string, string[]] {
    const errors: ProtocolError[] = [];
    const kept = allowedBy(peer, batch, (error) => errors.push(error));
    return [textOf(kept === undefined ? [] : [kept]), errors.map(({ code }) => code)];
  }

  it.each([
    [19, []],
    [20, []],
    [21, ["IPC_MESSAGE_TOO_LARGE"]],
  ])("keeps a line of %d bytes, or tells: %j", (size, codes) => {
    const long = `["${"x".repeat(size - 4)}"]\n`;
    const kept = codes.length === 0 ? long : "";
    expect(allowed(lines(long))).toEqual([kept, codes]);
    expect(allowed(lines(`["a"]\n${long}["b"]\n`))).toEqual([`["a"]\n${kept}["b"]\n`, codes]);
  });

  it.each([
    [13, []],
    [14, []],
    [15, ["IPC_MESSAGE_TOO_LARGE"]],
  ])("counts text and attachment of %d bytes together: %j", (size, codes) => {
    expect(allowed(frame(`["ab"]`, Buffer.alloc(size)))[1]).toEqual(codes);
  });

  it("tells of one with two attachments", () => {
    const batch = frame(`["a"]`, Buffer.alloc(1), Buffer.alloc(0));
    expect(allowed(batch)).toEqual(["", ["IPC_TOO_MANY_ATTACHMENTS"]]);
  });
});
