import { encodeFrame } from "../index.ts";

/** The input of an encoding stream: the text of an ordinary line, or a text with its attachments. */
export type FrameInput =
  | string
  | { readonly text: string; readonly attachments?: readonly Uint8Array[] };

/** Encodes what an encoding stream takes. Throws `IPC_FRAMING_INVALID_TEXT`. */
export function encodeInput(frame: FrameInput): Uint8Array[] {
  return typeof frame === "string"
    ? encodeFrame(frame, [])
    : encodeFrame(frame.text, frame.attachments ?? []);
}
