import { Transform, type TransformCallback } from "node:stream";
import { encodeInput, type FrameInput } from "./frame-input.ts";
import { settle } from "./settle.ts";

/**
 * Creates a Node.js stream from `FrameInput` to bytes, attachments uncopied.
 * A text that cannot be a line destroys it with `IPC_FRAMING_INVALID_TEXT`.
 */
export function createFrameEncoder(): Transform {
  return new Transform({
    writableObjectMode: true,
    transform(frame: FrameInput, _encoding: string, callback: TransformCallback): void {
      settle(() => {
        for (const part of encodeInput(frame)) this.push(part);
      }, callback);
    },
  });
}
