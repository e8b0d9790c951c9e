import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { cutBytes } from "../../test/cut-bytes.ts";
import { encodeFragments, encodeFrame, type Frame } from "../index.ts";
import { readFrames } from "./index.ts";

async function collect(frames: AsyncIterable<Frame>): Promise<[string[], unknown]> {
  const texts: string[] = [];
  try {
    for await (const { text, attachments } of frames) texts.push(text, ...attachments.map(String));
  } catch (error) {
    return [texts, error];
  }
  return [texts, undefined];
}

describe("given a source of chunks", () => {
  const large = encodeFrame("large", [Buffer.from("0123456789")]);
  const bytes = Buffer.concat([
    Buffer.from("a\n*1 b\nx"),
    ...encodeFragments(3, large, 4).flat(),
    Buffer.from("c\n"),
  ]);

  it("yields whole frames, fragments joined, however the bytes are cut", async () => {
    for (const { how, chunks } of cutBytes(bytes)) {
      const texts = ["a", "b", "x", "large", "0123456789", "c"];
      expect([how, await collect(readFrames(chunks))]).toEqual([how, [texts, undefined]]);
    }
  });

  it("asks for a chunk only when the frames of the last are used up", async () => {
    const asked: string[] = [];
    async function* source(): AsyncGenerator<Buffer> {
      for (const chunk of ["a\nb\n", "c\n"]) {
        asked.push(chunk);
        yield Buffer.from(chunk);
      }
    }
    const frames = readFrames(source());
    await frames.next();
    await frames.next();
    expect(asked).toEqual(["a\nb\n"]);
    await frames.next();
    expect(asked).toEqual(["a\nb\n", "c\n"]);
  });

  it("closes the source when the reader leaves", async () => {
    let closed = false;
    function* source(): Generator<Buffer> {
      try {
        for (;;) yield Buffer.from("a\n");
      } finally {
        closed = true;
      }
    }
    for await (const _frame of readFrames(source())) break;
    expect(closed).toBe(true);
  });
});

describe("given a violation", () => {
  it("yields the frames before it, then throws", async () => {
    const [texts, error] = await collect(readFrames([Buffer.from("a\nb\n\nc\n")]));
    expect([texts, error]).toEqual([
      ["a", "b"],
      expect.objectContaining({ code: "IPC_FRAMING_EMPTY_LINE" }),
    ]);
  });

  it("closes the source", async () => {
    let closed = false;
    function* source(): Generator<Buffer> {
      try {
        yield Buffer.from("a\n\n");
        throw new Error("asked for more");
      } finally {
        closed = true;
      }
    }
    const [texts, error] = await collect(readFrames(source()));
    expect(texts).toEqual(["a"]);
    expect(error).toMatchObject({ code: "IPC_FRAMING_EMPTY_LINE" });
    expect(closed).toBe(true);
  });

  it.each([
    ["a\nb", "IPC_FRAMING_TRUNCATED"],
    ["a\n~0 1\nb", "IPC_FRAMING_TRUNCATED"],
    ["a\n~0 3!\nb\nc", "IPC_FRAMING_TRUNCATED"],
    ["a\n~0 6!\n~1 0!\n", "IPC_FRAMING_NOT_ONE_FRAME"],
    ["a\n~0 4!\nb\nc\n", "IPC_FRAMING_NOT_ONE_FRAME"],
    ["a\nlonger than ten\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a\n~0 11!\n0123456789\n~0 12!\n01234567890\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a\n~0 1\nx~1 1\nx~2 1\nx", "IPC_FRAMING_TOO_MANY_TRAINS"],
    ["a\n~0 10\n0123456789~1 9\n012345678~0 1\n0", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a\n~0 10\n0123456789~1 10\n0123456789~1 1\n0", "IPC_FRAMING_FRAME_TOO_LARGE"],
  ])("throws for %j: %s", async (text, code) => {
    const limits = { maxFrameBytes: 10, maxTrains: 2, maxBufferedBytes: 20 };
    const [texts, error] = await collect(readFrames([Buffer.from(text)], limits));
    expect(texts[0]).toBe("a");
    expect(error).toMatchObject({ code });
  });
});
