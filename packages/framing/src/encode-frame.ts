import { Buffer } from "node:buffer";
import { checkText } from "./check-text.ts";
import { encodeLine } from "./encode-line.ts";

/**
 * Encodes a line with its attachments: the header and line as one buffer, then the attachments themselves, uncopied.
 * Without attachments it is an ordinary line. Throws `IPC_FRAMING_INVALID_TEXT` as `encodeLine` does, but behind a
 * header a text may begin with `*` or `~`.
 */
export function encodeFrame(text: string, attachments: readonly Uint8Array[]): Uint8Array[] {
  if (attachments.length === 0) return [Buffer.from(encodeLine(text))];
  checkText(text);
  const lengths = attachments.map((attachment) => attachment.byteLength).join(",");
  return [Buffer.from(`*${lengths} ${text}\n`), ...attachments];
}
