import type { Frame } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import type { FrameLimits } from "./frame-limits.ts";
import { OneFrame } from "./one-frame.ts";

/**
 * Decodes bytes that are exactly one frame, and no fragment, as `encodeFrame` returns them.
 * Throws as `FrameDecoder` does, and `IPC_FRAMING_NOT_ONE_FRAME` for fragments, no frame or more than one.
 */
export function decodeFrame(
  bytes: readonly Uint8Array[],
  limits: Partial<FrameLimits> = {},
): Frame {
  const decoder = new FrameDecoder(limits);
  const sink = new OneFrame();
  for (const part of bytes) decoder.decode(part, sink);
  decoder.end();
  return sink.take();
}
