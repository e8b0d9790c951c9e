import { Buffer } from "node:buffer";
import { FrameDecoder } from "@ipc/framing";
import { describe, expect, it } from "vitest";
import { countWork, type Work } from "./count-work.ts";

const BYTES = 1024 * 1024;

function work(bytes: Buffer, chunkBytes: number): Work {
  const sink = { handleLine: () => true };
  const decoder = new FrameDecoder();
  return countWork(() => {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      decoder.decode(bytes.subarray(at, at + chunkBytes), sink);
    }
    decoder.end();
  });
}

describe("given a long line", () => {
  const line = Buffer.from(`${"x".repeat(BYTES)}\n`);

  it("copies nothing of it when it comes whole", () => {
    expect(work(line, line.length)).toEqual({ copied: 0, decoded: BYTES, allocated: 0 });
  });

  it.each([1, 1024, 65_536])("copies and decodes each byte once in chunks of %i", (chunkBytes) => {
    const { copied, decoded, allocated } = work(line, chunkBytes);
    expect([copied, decoded]).toEqual([BYTES, BYTES]);
    expect(allocated).toBeLessThan(2 * BYTES);
  });

  it("copies no more than the cut characters twice", () => {
    const { copied, decoded } = work(Buffer.from(`${"€".repeat(BYTES / 3)}\n`), 1000);
    expect(copied).toBeLessThan(BYTES * 1.001);
    expect(decoded).toBeLessThan(BYTES * 1.001);
  });
});

describe("given a large attachment", () => {
  it.each([1, 1024, 65_536])("copies each byte once in chunks of %i", (chunkBytes) => {
    const bytes = Buffer.concat([Buffer.from(`*${BYTES} a\n`), Buffer.alloc(BYTES)]);
    const { copied, allocated } = work(bytes, chunkBytes);
    expect(copied).toBeLessThan(BYTES + 64 * 1024);
    expect(allocated).toBeLessThan(BYTES + 64 * 1024);
  });
});

describe("given lines", () => {
  const lines = Buffer.from(`${"x".repeat(69)}\n`.repeat(BYTES / 70));

  it("copies only those that a chunk cuts", () => {
    const { copied, decoded } = work(lines, 65_536);
    expect(copied).toBeLessThan((70 * BYTES) / 65_536);
    expect(decoded).toBeLessThanOrEqual(lines.length);
  });
});

describe("given many small frames in one chunk", () => {
  it.each([
    ["attachments that read like lines", "*2 a\n\nb"],
    ["lines between frames", "line\n*1 a\nx"],
  ])("decodes a bounded number of bytes for nothing for each: %s", (_title, frame) => {
    const few = work(Buffer.from(frame.repeat(1000)), BYTES);
    const many = work(Buffer.from(frame.repeat(16_000)), BYTES);
    expect(many.decoded).toBeLessThan(few.decoded * 17 + 65_536);
    expect(many.copied).toBeLessThan(few.copied * 17 + 65_536);
  });
});
