import { Buffer } from "node:buffer";
import { FramingError } from "./framing-error.ts";

/**
 * The bytes that the grammar of a stream of frames is made of.
 *
 * ```
 *   frame = line LF                                an ordinary line
 *         | "*" len ("," len)* SP line LF bytes…   a line with attachments, each len bytes long
 *         | "~" lane SP len ["!"] LF bytes         a fragment of len bytes; "!" marks the last of its frame
 * ```
 */
export const ASCII = {
  LF: 0x0a,
  CR: 0x0d,
  SPACE: 0x20,
  BANG: 0x21,
  STAR: 0x2a,
  COMMA: 0x2c,
  ZERO: 0x30,
  NINE: 0x39,
  TILDE: 0x7e,
} as const;

/** The highest lane number of a fragment, 2^31 - 1. */
export const MAX_LANE = 2_147_483_647;

/** A decoded frame: the text of its line, and its attachments, which own their memory. */
export interface Frame {
  readonly text: string;
  readonly attachments: readonly Buffer[];
}

/** The receiver of a decoder's frames. Each method answers `false` to stop: the rest of the bytes is dropped. */
export interface FrameSink {
  /**
   * Takes a line without its LF, and its attachments: one shared frozen empty array for an ordinary line.
   * Attachments own their memory, each an ArrayBuffer of its own from offset 0, so that any typed array fits on it.
   * A short line may be a slice of a string of up to 64 KiB, which it keeps alive.
   */
  handleLine(text: string, attachments: readonly Buffer[]): boolean;
  /**
   * Takes bytes of a fragment. `payload` is a view on the chunk and valid during the call only: copy what is kept,
   * as `FragmentDecoder` does. A fragment cut by a chunk comes in pieces, which is the same to it;
   * `last` is set on the last piece of the last fragment of a train.
   */
  handleFragment(lane: number, payload: Buffer, last: boolean): boolean;
}

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
