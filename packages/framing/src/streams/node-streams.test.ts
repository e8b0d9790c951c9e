import { Buffer } from "node:buffer";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { cutBytes } from "../../test/cut-bytes.ts";
import type { Frame } from "../index.ts";
import { createFrameDecoder, createFrameEncoder, type FrameInput } from "./index.ts";

const inputs: readonly FrameInput[] = [
  "a",
  { text: "b" },
  { text: "c", attachments: [Buffer.from("xy"), new Uint8Array(3)] },
];
const bytes = Buffer.from("a\nb\n*2,3 c\nxy\0\0\0");

describe("given Node.js streams", () => {
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
