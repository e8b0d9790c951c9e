import { Buffer } from "node:buffer";
import { ReadableStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import { cutBytes } from "../../test/cut-bytes.ts";
import {
  createWebFrameDecoder,
  createWebFrameEncoder,
  type FrameInput,
  readFrames,
} from "./index.ts";

function streamOf<T>(values: Iterable<T>): ReadableStream<T> {
  return ReadableStream.from<T>(values);
}

const inputs: readonly FrameInput[] = ["a", { text: "b", attachments: [Buffer.from("xy")] }];
const bytes = Buffer.from("a\n*2 b\nxy");

describe("given web streams", () => {
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
    expect(() => createWebFrameDecoder({ maxTrains: 0 })).toThrow(
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
