import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { encodeFragments, encodeFrame, encodeLine, FrameDecoder } from "./index.ts";

describe("given a stream of lines, attachments and fragments", () => {
  it("delivers them in order", () => {
    const bytes = Buffer.concat([
      Buffer.from(encodeLine('["a"]') + encodeLine('["ü"]')),
      ...encodeFrame('["b"]', [Buffer.from("x\ny"), Buffer.alloc(0)]),
      ...encodeFragments(3, [Buffer.from("0123456789")], 4),
      Buffer.from(encodeLine("{}")),
    ]);
    const seen: unknown[] = [];
    new FrameDecoder().decode(bytes, {
      handleLine: (text, attachments) => seen.push([text, ...attachments.map(String)]) > 0,
      handleFragment: (lane, payload, last) => seen.push([lane, String(payload), last]) > 0,
    });
    expect(seen).toEqual([
      ['["a"]'],
      ['["ü"]'],
      ['["b"]', "x\ny", ""],
      [3, "0123", false],
      [3, "4567", false],
      [3, "89", true],
      ["{}"],
    ]);
  });
});
