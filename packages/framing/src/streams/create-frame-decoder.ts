import { Transform, type TransformCallback } from "node:stream";
import { type FrameStreamLimits, WholeFrameDecoder } from "./whole-frame-decoder.ts";
import { settle } from "./settle.ts";

/**
 * Creates a Node.js stream from bytes to `Frame` objects. It takes no further chunk while 16 frames wait to be read;
 * above that it holds at most the frames of one chunk. A violation destroys it with the `FramingError`.
 */
export function createFrameDecoder(limits: Partial<FrameStreamLimits> = {}): Transform {
  const decoder = new WholeFrameDecoder(limits, (frame) => stream.push(frame));
  const stream: Transform = new Transform({
    readableObjectMode: true,
    transform(chunk: Uint8Array, _encoding: string, callback: TransformCallback): void {
      settle(() => decoder.decode(chunk), callback);
    },
    flush(callback: TransformCallback): void {
      settle(() => decoder.end(), callback);
    },
  });
  return stream;
}
