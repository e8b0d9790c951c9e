import { TransformStream } from "node:stream/web";
import { encodeInput, type FrameInput } from "./frame-input.ts";

/**
 * Creates a web stream from `FrameInput` to bytes, attachments uncopied.
 * A text that cannot be a line errors both its sides with `IPC_FRAMING_INVALID_TEXT`.
 */
export function createWebFrameEncoder(): TransformStream<FrameInput, Uint8Array> {
  return new TransformStream<FrameInput, Uint8Array>({
    transform(frame, controller) {
      for (const part of encodeInput(frame)) controller.enqueue(part);
    },
  });
}
