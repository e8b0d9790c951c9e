import { Buffer } from "node:buffer";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import { cutBytes } from "../test/cut-bytes.ts";
import type { Frame } from "./index.ts";
import {
  createFrameDecoder,
  createFrameEncoder,
  createWebFrameDecoder,
  createWebFrameEncoder,
  type FrameInput,
  readFrames,
} from "./streams.ts";

async function collect(frames: AsyncIterable<Frame>): Promise<[string[], unknown]> {
  const texts: string[] = [];
  try {
    for await (const { text, attachments } of frames) texts.push(text, ...attachments.map(String));
  } catch (error) {
    return [texts, error];
  }
  return [texts, undefined];
}

function streamOf<T>(values: Iterable<T>): ReadableStream<T> {
  return ReadableStream.from<T>(values);
}

describe("given a source of chunks", () => {
  const bytes = Buffer.from("a\n*1 b\nx~0 1\n*10,0 large\n0123456789c\n");

  it("yields the same frames however the bytes are cut", async () => {
    for (const { how, chunks } of cutBytes(bytes)) {
      const texts = ["a", "b", "x", "~0 1", "large", "0123456789", "", "c"];
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

describe("given a source of chunks with a violation", () => {
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
    ["a\n*1 b\n", "IPC_FRAMING_TRUNCATED"],
    ["a\n*x", "IPC_FRAMING_MALFORMED_HEADER"],
    ["a\nlonger than ten\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a\n*10 b\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a\n*0,0,0 b\n", "IPC_FRAMING_TOO_MANY_ATTACHMENTS"],
  ])("throws for %j: %s", async (text, code) => {
    const limits = { maxFrameBytes: 10, maxAttachments: 2 };
    const [texts, error] = await collect(readFrames([Buffer.from(text)], limits));
    expect(texts[0]).toBe("a");
    expect(error).toMatchObject({ code });
  });
});

describe("given Node.js streams", () => {
  const inputs: readonly FrameInput[] = [
    "a",
    { text: "b" },
    { text: "c", attachments: [Buffer.from("xy"), new Uint8Array(3)] },
  ];
  const bytes = Buffer.from("a\nb\n*2,3 c\nxy\0\0\0");

  it("encodes objects to bytes", async () => {
    const encoder = Readable.from(inputs).pipe(createFrameEncoder());
    expect(Buffer.concat((await encoder.toArray()) as Buffer[])).toEqual(bytes);
  });

  it("decodes bytes to objects however they are cut", async () => {
    for (const { how, chunks } of cutBytes(bytes)) {
      const decoder = Readable.from(chunks).pipe(createFrameDecoder());
      const frames = (await decoder.toArray()) as Frame[];
      expect([how, ...frames]).toEqual([
        how,
        { text: "a", attachments: [] },
        { text: "b", attachments: [] },
        { text: "c", attachments: [Buffer.from("xy"), Buffer.alloc(3)] },
      ]);
    }
  });

  it.each([
    ["a\n\n", "IPC_FRAMING_EMPTY_LINE"],
    ["a\nb", "IPC_FRAMING_TRUNCATED"],
  ])("fails the pipeline with the typed error: %j", async (text, code) => {
    const decoder = createFrameDecoder();
    decoder.resume();
    await expect(pipeline([Buffer.from(text)], decoder)).rejects.toMatchObject({ code });
    expect(decoder.destroyed).toBe(true);
  });

  it("keeps to limits that are inherited", async () => {
    const decoder = createFrameDecoder(Object.create({ maxFrameBytes: 3 }) as object);
    decoder.resume();
    await expect(pipeline([Buffer.from("four\n")], decoder)).rejects.toMatchObject({
      code: "IPC_FRAMING_FRAME_TOO_LARGE",
    });
  });

  it("fails the pipeline for a text that cannot be a line", async () => {
    const encoder = createFrameEncoder();
    await expect(pipeline(["a", ""], encoder)).rejects.toMatchObject({
      code: "IPC_FRAMING_INVALID_TEXT",
    });
  });

  it("takes no chunks while it is not read", async () => {
    const source = new PassThrough();
    const decoder = source.pipe(createFrameDecoder());
    const chunk = Buffer.from("a line\n".repeat(1000));
    let written = 0;
    while (source.write(chunk)) {
      written++;
      await new Promise(setImmediate);
      expect(written).toBeLessThan(100);
    }
    expect(decoder.readableLength).toBe(1000);
    source.end();
    expect(await decoder.toArray()).toHaveLength((written + 1) * 1000);
  });
});

describe("given web streams", () => {
  const inputs: readonly FrameInput[] = ["a", { text: "b", attachments: [Buffer.from("xy")] }];
  const bytes = Buffer.from("a\n*2 b\nxy");

  it("encodes objects to bytes", async () => {
    const parts: Uint8Array[] = [];
    const encoded = streamOf(inputs).pipeThrough(createWebFrameEncoder());
    for await (const part of encoded) parts.push(part);
    expect(Buffer.concat(parts)).toEqual(bytes);
  });

  it("decodes bytes to objects however they are cut", async () => {
    for (const { how, chunks } of cutBytes(bytes)) {
      const texts: string[] = [];
      const frames = streamOf<Uint8Array>(chunks).pipeThrough(createWebFrameDecoder());
      for await (const { text, attachments } of frames)
        texts.push(text, ...attachments.map(String));
      expect([how, ...texts]).toEqual([how, "a", "b", "xy"]);
    }
  });

  it("is a source for readFrames", async () => {
    const texts: string[] = [];
    for await (const { text } of readFrames(streamOf([bytes]))) texts.push(text);
    expect(texts).toEqual(["a", "b"]);
  });

  it.each([
    ["a\n\n", "IPC_FRAMING_EMPTY_LINE"],
    ["a\nb", "IPC_FRAMING_TRUNCATED"],
  ])("errors the stream with the typed error: %j", async (text, code) => {
    const frames = streamOf([Buffer.from(text)]).pipeThrough(createWebFrameDecoder());
    const reading = (async () => {
      for await (const _frame of frames);
    })();
    await expect(reading).rejects.toMatchObject({ code });
  });

  it("errors the stream for a text that cannot be a line", async () => {
    const reader = streamOf([""]).pipeThrough(createWebFrameEncoder()).getReader();
    await expect(reader.read()).rejects.toMatchObject({ code: "IPC_FRAMING_INVALID_TEXT" });
  });

  it("refuses limits out of their range at once", () => {
    expect(() => createWebFrameDecoder({ maxFrameBytes: 0 })).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
    );
  });

  it("takes no chunks while it is not read", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(Buffer.from("a\nb\n"));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source.pipeThrough(createWebFrameDecoder()).getReader();
    await reader.read();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(pulled).toBeLessThanOrEqual(3);
    await reader.cancel();
  });
});
