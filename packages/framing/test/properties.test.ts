import { Buffer } from "node:buffer";
import { encodeFrame, type Frame, FrameDecoder } from "@ipc/framing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectFrames, FrameCollector } from "./collect-frames.ts";

const limits = { maxFrameBytes: 400, maxAttachments: 4 };

const texts = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.json({ maxDepth: 2 }),
    fc.constant("~1 2!"),
  )
  .map((text) => text.replaceAll(/[\n\r]/g, " ") || " ")
  .filter((text) => !text.startsWith("*"));
const attachments = fc.array(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 4 },
);
const frames = fc.record<Frame>({ text: texts, attachments });

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe("given any frames, encoded and cut anywhere", () => {
  it("yields equal frames", () => {
    fc.assert(
      fc.property(fc.array(frames), fc.array(fc.nat()), (sent, places) => {
        const bytes = Buffer.concat(sent.flatMap((f) => encodeFrame(f.text, f.attachments)));
        const received: Frame[] = [];
        const decoder = new FrameDecoder();
        for (const chunk of cutAt(bytes, places)) {
          decoder.decode(chunk, {
            handleLine: (text, own) => received.push({ text, attachments: own }) > 0,
          });
        }
        decoder.end();
        expect(received).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });
});

describe("given any bytes at all", () => {
  const token = fc.oneof(
    fc.constantFrom("*", "~", "\n", "\r", " ", ",", "!", "0", "1", "7", "é", "a\n", "bc\n"),
    fc.constantFrom("*2 a\n", "*0,1 b\n", "~1 3!\n", "*1", "*10 c\n", "\xff", "*401 d\n"),
    fc.string({ maxLength: 12 }),
  );
  const streams = fc.oneof(
    fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join(""), "latin1")),
    fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join(""))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );

  it("comes to the same frames and the same error however they are cut", () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat()), (bytes, places) => {
        const whole = collectFrames([bytes], limits);
        expect(collectFrames(cutAt(bytes, places), limits)).toEqual(whole);
        expect(
          collectFrames(
            Array.from(bytes, (byte) => Buffer.of(byte)),
            limits,
          ),
        ).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it("holds no more than a frame may have", () => {
    fc.assert(
      fc.property(fc.array(streams), (chunks) => {
        const decoder = new FrameDecoder(limits);
        const sink = new FrameCollector();
        for (const chunk of chunks) {
          try {
            decoder.decode(chunk, sink);
          } catch {
            break;
          }
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(limits.maxFrameBytes);
        }
      }),
    );
  });
});
