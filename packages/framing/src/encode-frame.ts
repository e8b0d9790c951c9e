import { Buffer } from "node:buffer";
import { ASCII } from "./ascii.ts";
import { FramingError } from "./framing-error.ts";

/**
 * Encodes `text` as an ordinary line: the text and LF, to be written as UTF-8, where half a surrogate pair becomes
 * U+FFFD.
 * Throws `IPC_FRAMING_INVALID_TEXT` if it is empty, contains LF, ends with CR, or begins with `*` or `~`.
 */
export function encodeLine(text: string): string {
  checkText(text);
  const first = text.charCodeAt(0);
  if (first === ASCII.STAR || first === ASCII.TILDE) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "reserved-first-character" });
  }
  return `${text}\n`;
}

/** Throws `IPC_FRAMING_INVALID_TEXT` if `text` cannot be the text of a line: empty, with LF inside, or with CR at its end. */
function checkText(text: string): void {
  if (text === "") throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "empty" });
  if (text.includes("\n")) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "line-feed" });
  }
  if (text.endsWith("\r")) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "carriage-return" });
  }
}

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
