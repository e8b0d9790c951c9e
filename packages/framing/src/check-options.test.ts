import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  decodeFrame,
  encodeLengthPrefix,
  encodeLengthPrefixed,
  FrameDecoder,
  LengthPrefixDecoder,
} from "./index.ts";
import { createFrameDecoder, createWebFrameDecoder, readFrames } from "./streams.ts";

const takers: readonly [name: string, take: (options: object) => unknown, known: string][] = [
  ["FrameDecoder", (options) => new FrameDecoder(options), "maxAttachments"],
  ["FrameDecoder.setLimits", (options) => new FrameDecoder().setLimits(options), "maxFrameBytes"],
  ["LengthPrefixDecoder", (options) => new LengthPrefixDecoder(options), "maxPayloadBytes"],
  ["decodeFrame", (options) => decodeFrame([Buffer.from("x\n")], options), "maxAttachments"],
  ["encodeLengthPrefix", (options) => encodeLengthPrefix(1, options), "lengthBytes"],
  ["encodeLengthPrefixed", (options) => encodeLengthPrefixed(Buffer.of(1), options), "lengthBytes"],
  ["createFrameDecoder", (options) => createFrameDecoder(options), "maxFrameBytes"],
  ["createWebFrameDecoder", (options) => createWebFrameDecoder(options), "maxAttachments"],
  ["readFrames", (options) => readFrames([], options).next(), "maxFrameBytes"],
];

describe("options", () => {
  it.each(takers)("that %s does not know are refused", async (_, take, known) => {
    for (const mistyped of [known.slice(0, -1), `${known}s`, known.toLowerCase()]) {
      await expect(async () => take({ [mistyped]: 4 })).rejects.toMatchObject({
        code: "IPC_FRAMING_INVALID_OPTION",
        blame: "caller",
        message: expect.stringContaining(
          `There is no option "${mistyped}". Did you mean "${known}"?`,
        ) as string,
      });
    }
    const foreign = runInNewContext(`({ ${known}: 4 })`) as object;
    expect(() => take(foreign)).not.toThrow();
  });

  it.each(takers)("of %s are an object", async (_, take, known) => {
    for (const wrong of ["text", 5, [4], null, new Map(), Buffer.of(4)]) {
      await expect(async () => take(wrong as object)).rejects.toMatchObject({
        code: "IPC_FRAMING_INVALID_OPTION",
        message: expect.stringContaining(known) as string,
      });
    }
  });
});
