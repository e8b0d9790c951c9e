import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFragments, encodeFrame, encodeLine } from "./index.ts";

describe("given a text", () => {
  it("encodes it as a line", () => {
    expect(encodeLine('["é"]')).toBe('["é"]\n');
    expect(encodeFrame('["é"]', [])).toEqual([Buffer.from('["é"]\n')]);
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

  it.each(["*a", "~a"])("refuses %j, which a decoder would take for a header", (text) => {
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

describe("given a frame to cut into fragments", () => {
  const frame = [Buffer.from("abcde"), new Uint8Array(0), Buffer.from("fgh")];

  it.each([
    [1, 8],
    [3, 3],
    [4, 2],
    [7, 2],
    [8, 1],
    [9, 1],
  ])("cuts 8 bytes by %i into %i, the last of them marked", (fragmentBytes, count) => {
    const fragments = encodeFragments(5, frame, fragmentBytes).map((f) => String(Buffer.concat(f)));
    expect(fragments.map((text) => text.includes("!"))).toEqual(
      Array.from({ length: count }, (_, i) => i === count - 1),
    );
    expect(fragments.join("").replaceAll(/~5 \d!?\n/g, "")).toBe("abcdefgh");
  });

  it("puts parts together in a fragment and copies none of them", () => {
    const fragments = encodeFragments(5, frame, 6);
    expect(fragments.map((parts) => parts.map(String))).toEqual([
      ["~5 6\n", "abcde", "f"],
      ["~5 2!\n", "gh"],
    ]);
    expect(fragments[0]?.[1]?.buffer).toBe(frame[0]?.buffer);
  });

  it("cuts by 64 KiB unless told otherwise", () => {
    const fragments = encodeFragments(0, [new Uint8Array(65_537)]);
    expect(fragments.map(([, payload]) => payload?.byteLength)).toEqual([65_536, 1]);
  });

  it("makes one empty fragment of nothing", () => {
    expect(encodeFragments(0, [])).toEqual([[Buffer.from("~0 0!\n")]]);
  });

  it.each([
    [-1, 1],
    [2 ** 31, 1],
    [1.5, 1],
    [0, 0],
    [0, 2 ** 30 + 1],
  ])("refuses lane %d with %d bytes", (lane, fragmentBytes) => {
    expect(() => encodeFragments(lane, frame, fragmentBytes)).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
    );
  });
});

describe("given bytes that should be one frame", () => {
  it("decodes it", () => {
    const attachments = [Buffer.from("xyz")];
    expect(decodeFrame(encodeFrame("a", attachments))).toEqual({ text: "a", attachments });
  });

  it.each(["", "a\nb\n", "~0 1!\nx", "a\n~0 1!\nx"])("refuses %j", (text) => {
    expect(() => decodeFrame([Buffer.from(text)])).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_NOT_ONE_FRAME" }),
    );
  });

  it("keeps the limits it is given", () => {
    expect(() => decodeFrame([Buffer.from("abc\n")], { maxFrameBytes: 2 })).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_FRAME_TOO_LARGE" }),
    );
  });
});

function invalidText(reason: string): unknown {
  return expect.objectContaining({ code: "IPC_FRAMING_INVALID_TEXT", context: { reason } });
}
