import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { encodeFrame, encodeLine } from "./index.ts";

describe("given a text", () => {
  it("encodes it as a line", () => {
    expect(encodeLine('["é"]')).toBe('["é"]\n');
    expect(encodeFrame('["é"]', [])).toEqual([Buffer.from('["é"]\n')]);
    expect(encodeLine("~0 1")).toBe("~0 1\n");
  });

  it.each([
    ["", "empty"],
    ["a\nb", "line-feed"],
    ["a\r", "carriage-return"],
  ])("refuses %j, which no decoder would take for a line: %s", (text, reason) => {
    const refusal = invalidText(reason);
    expect(() => encodeLine(text)).toThrow(refusal);
    expect(() => encodeFrame(text, [])).toThrow(refusal);
    expect(() => encodeFrame(text, [Buffer.from("x")])).toThrow(refusal);
  });

  it.each(["*", "*a"])("refuses %j, which a decoder would take for a header", (text) => {
    const refusal = invalidText("reserved-first-character");
    expect(() => encodeLine(text)).toThrow(refusal);
    expect(() => encodeFrame(text, [])).toThrow(refusal);
    expect(encodeFrame(text, [Buffer.from("x")])[0]).toEqual(Buffer.from(`*1 ${text}\n`));
  });
});

describe("given attachments", () => {
  it("puts their lengths before the line and passes them on uncopied", () => {
    const attachments = [new Uint8Array(300), new Uint8Array(0), Buffer.from("xyz")];
    const [head, ...rest] = encodeFrame("é", attachments);
    expect(head).toEqual(Buffer.from("*300,0,3 é\n"));
    expect(rest.every((part, i) => part === attachments[i])).toBe(true);
  });
});

function invalidText(reason: string): unknown {
  return expect.objectContaining({ code: "IPC_FRAMING_INVALID_TEXT", context: { reason } });
}
