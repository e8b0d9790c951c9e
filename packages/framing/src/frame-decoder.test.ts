import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { collectFrames, FrameCollector, type SeenFrame } from "../test/collect-frames.ts";
import { cutBytes, cutEvery } from "../test/cut-bytes.ts";
import { decodeFrame, encodeFrame, FrameDecoder, type FrameSink } from "./index.ts";

function utf8(text: string): Buffer {
  return Buffer.from(text);
}

function binary(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

const streams: readonly { title: string; bytes: Buffer; frames: readonly SeenFrame[] }[] = [
  { title: "no bytes", bytes: utf8(""), frames: [] },
  { title: "one line", bytes: utf8("a\n"), frames: [["a"]] },
  { title: "lines", bytes: utf8('["a"]\n["b",1]\n{}\n'), frames: [['["a"]'], ['["b",1]'], ["{}"]] },
  {
    title: "lines of every UTF-8 length",
    bytes: utf8("é\n€uro\n😀 𝄞\nplain\n"),
    frames: [["é"], ["€uro"], ["😀 𝄞"], ["plain"]],
  },
  { title: "a byte order mark, which is text", bytes: utf8("\ufeffa\n"), frames: [["\ufeffa"]] },
  { title: "CR and NUL inside a line", bytes: utf8("a\rb\0\n"), frames: [["a\rb\0"]] },
  {
    title: "a line longer than any block",
    bytes: utf8(`${"0123456789".repeat(20_000)}\nb\n`),
    frames: [["0123456789".repeat(20_000)], ["b"]],
  },
  {
    title: "a long line of characters that blocks cut",
    bytes: utf8(`x${"€😀é".repeat(9_000)}\nb\n`),
    frames: [[`x${"€😀é".repeat(9_000)}`], ["b"]],
  },
  { title: "one attachment", bytes: utf8('*3 ["a"]\nxyz'), frames: [['["a"]', "xyz"]] },
  {
    title: "attachments that look like frames",
    bytes: utf8("*4,2,6 a\nb\nc\n\r\n*1 x\nyd\n"),
    frames: [["a", "b\nc\n", "\r\n", "*1 x\ny"], ["d"]],
  },
  {
    title: "attachments that are not UTF-8",
    bytes: Buffer.concat([utf8("é\n*2,1 ü\n"), binary("\xff\n\xfe"), utf8("é\n")]),
    frames: [["é"], ["ü", "\xff\n", "\xfe"], ["é"]],
  },
  {
    title: "empty attachments",
    bytes: utf8("*0 a\n*0,0 b\n*0,1,0 c\nxd\n"),
    frames: [["a", ""], ["b", "", ""], ["c", "", "x", ""], ["d"]],
  },
  {
    title: "a text behind a header that begins with *",
    bytes: utf8("*1 *1 a\nx*1 *\ny"),
    frames: [
      ["*1 a", "x"],
      ["*", "y"],
    ],
  },
  {
    title: "lines after many small frames",
    bytes: utf8(`${"*1 a\nx".repeat(50)}${"line\n".repeat(300)}`),
    frames: [
      ...Array.from({ length: 50 }, (): SeenFrame => ["a", "x"]),
      ...Array.from({ length: 300 }, (): SeenFrame => ["line"]),
    ],
  },
  {
    title: "lines that begin with ~, as any other",
    bytes: utf8("~\n~0 3!\nabc\n~0 3\n*1 ~1 2\n~~2 1\n~99999999999\n"),
    frames: [["~"], ["~0 3!"], ["abc"], ["~0 3"], ["~1 2", "~"], ["~2 1"], ["~99999999999"]],
  },
];

describe("given a legal stream", () => {
  it.each(streams)("yields the same frames however the bytes are cut: $title", (stream) => {
    for (const { how, chunks } of cutBytes(stream.bytes)) {
      expect({ how, ...collectFrames(chunks) }).toEqual({ how, frames: stream.frames });
    }
  });

  it("yields frames as soon as their last byte is there", () => {
    const collector = new FrameCollector();
    const decoder = new FrameDecoder();
    decoder.decode(utf8("a\n*0 b\n*1 c\nx"), collector);
    expect(collector.frames).toEqual([["a"], ["b", ""], ["c", "x"]]);
  });

  it("takes any Uint8Array", () => {
    const collector = new FrameCollector();
    const part = new TextEncoder().encode("--a\n--").subarray(2, 4);
    new FrameDecoder().decode(part, collector);
    expect(collector.frames).toEqual([["a"]]);
  });
});

describe("given a long line that is not UTF-8", () => {
  it.each([
    ["in a block", Buffer.alloc(5000, 0xff)],
    ["in continuation bytes only", Buffer.alloc(5000, 0x80)],
    ["in a character that a block cuts", Buffer.from(`${"x".repeat(4095)}\xc3\xc3`, "latin1")],
    ["at its end", Buffer.from(`${"x".repeat(5000)}\xc3`, "latin1")],
  ])("refuses it however the bytes are cut: %s", (_title, line) => {
    for (const { how, chunks } of cutBytes(Buffer.concat([line, utf8("\nb\n")]))) {
      const outcome = { frames: [], error: "IPC_FRAMING_INVALID_UTF8" };
      expect({ how, ...collectFrames(chunks) }).toEqual({ how, ...outcome });
    }
  });

  it("takes characters of every length that a block cuts", () => {
    for (const character of ["é", "€", "😀"]) {
      for (let before = 4090; before <= 4096; before++) {
        const line = `${"x".repeat(before)}${character.repeat(3)}`;
        const chunks = cutEvery(utf8(`${line}\n`), 100);
        expect(collectFrames(chunks)).toEqual({ frames: [[line]] });
      }
    }
  });
});

describe("given what a frame hands over", () => {
  it("gives each attachment memory of its own, from offset 0", () => {
    const seen: Buffer[] = [];
    new FrameDecoder().decode(utf8("a\n*8,3,0 b\n01234567xyz"), {
      handleLine: (_text, attachments) => seen.push(...attachments) >= 0,
    });
    expect(seen.map((a) => [a.byteOffset, a.buffer.byteLength])).toEqual([
      [0, 8],
      [0, 3],
      [0, 0],
    ]);
    expect(new Float64Array(seen[0]!.buffer)).toHaveLength(1);
  });

  it("gives every ordinary line the same frozen empty array", () => {
    const seen = new Set<readonly Buffer[]>();
    const sink: FrameSink = {
      handleLine: (_text, attachments) => seen.add(attachments).size > 0,
    };
    const decoder = new FrameDecoder();
    decoder.decode(utf8("a\nb\nc"), sink);
    decoder.decode(utf8("\n"), sink);
    new FrameDecoder().decode(utf8("d\n"), sink);
    expect(seen.size).toBe(1);
    expect([...seen].every((attachments) => Object.isFrozen(attachments))).toBe(true);
  });
});

describe("given a decoder with bytes held back", () => {
  it.each([
    ["nothing", "a\n", 0],
    ["a cut line", "a\nbcd", 3],
    ["a header", "*12,3", 0],
    ["a cut text behind a header", "*12 bcd", 3],
    ["a text and cut attachments", "*2,4 é\nxxyyy", 7],
    ["a cut line that begins with ~", "~1 5", 4],
  ])("counts them: %s", (_title, text, expected) => {
    const decoder = new FrameDecoder();
    decoder.decode(utf8(text), new FrameCollector());
    expect(decoder.bufferedBytes).toBe(expected);
  });

  it("lets go of them when the frame is whole", () => {
    const decoder = new FrameDecoder();
    decoder.decode(utf8("*2,4 é\nxxyyy"), new FrameCollector());
    decoder.decode(utf8("y"), new FrameCollector());
    expect(decoder.bufferedBytes).toBe(0);
  });
});

describe("given bytes that should be one frame", () => {
  it("decodes it", () => {
    const attachments = [Buffer.from("xyz")];
    expect(decodeFrame(encodeFrame("a", attachments))).toEqual({ text: "a", attachments });
  });

  it.each(["", "a\nb\n", "a\n*1 b\nx", "a\nb\n\n"])("refuses %j", (text) => {
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
