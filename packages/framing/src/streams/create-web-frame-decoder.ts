import { TransformStream } from "node:stream/web";
import type { Frame } from "../frame.ts";
import { type FrameStreamLimits, WholeFrameDecoder } from "./whole-frame-decoder.ts";

/**
 * Creates a web stream from bytes to `Frame` objects. It holds at most the frames of one chunk.
 * A violation errors both its sides with the `FramingError`.
 */
export function createWebFrameDecoder(
  limits: Partial<FrameStreamLimits> = {},
): TransformStream<Uint8Array, Frame> {
  let decoder: WholeFrameDecoder;
  return new TransformStream<Uint8Array, Frame>({
    start(controller) {
      decoder = new WholeFrameDecoder(limits, (frame) => controller.enqueue(frame));
    },
    transform(chunk) {
      decoder.decode(chunk);
    },
    flush() {
      decoder.end();
    },
  });
}
