import { Buffer, constants } from "node:buffer";
import { checkInteger, checkOptions, type OptionNames } from "./check-options.ts";
import { FramingError } from "./framing-error.ts";

/**
 * The bytes that the grammar of a stream of frames is made of.
 *
 * ```
 *   frame = line LF                                an ordinary line
 *         | "*" len ("," len)* SP line LF bytes…   a line with attachments, each len bytes long
 * ```
 */
export const ASCII = {
  LF: 0x0a,
  CR: 0x0d,
  SPACE: 0x20,
  STAR: 0x2a,
  COMMA: 0x2c,
  ZERO: 0x30,
  NINE: 0x39,
} as const;

/** A decoded frame: the text of its line, and its attachments, which own their memory. */
export interface Frame {
  readonly text: string;
  readonly attachments: readonly Buffer[];
}

/** The receiver of the frames of a decoder. */
export interface FrameSink {
  /**
   * Takes a line without its LF, and its attachments: one shared frozen empty array for an ordinary line.
   * Attachments own their memory, each an ArrayBuffer of its own from offset 0, so that any typed array fits on it.
   * A short line may be a slice of a string of up to 64 KiB, which it keeps alive.
   * Answers `false` to stop: the rest of the bytes is dropped.
   */
  handleLine(text: string, attachments: readonly Buffer[]): boolean;
}

/** The hard bounds of one frame; exceeding one ends the decoder. */
export interface FrameLimits {
  /**
   * Bytes of one frame: its line without LF, and all its attachments. From 1 to the longest string of this Node.js.
   * Default 32 MiB: room for a large picture or file, and still bearable when every peer sends one at once.
   */
  readonly maxFrameBytes: number;
  /** Attachments of one frame, from 0 to 65,536. Default 64: each costs a Buffer, however short it is. */
  readonly maxAttachments: number;
}

/** The limits a decoder has when none are given. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = Object.freeze({
  maxFrameBytes: 32 * 1024 * 1024,
  maxAttachments: 64,
});

const limitNames: OptionNames<FrameLimits> = { maxFrameBytes: true, maxAttachments: true };

/** Fills what `limits` leaves out from `base`. Throws `IPC_FRAMING_INVALID_OPTION` for a limit unknown or out of its range. */
export function mergeFrameLimits(limits: Partial<FrameLimits>, base: FrameLimits): FrameLimits {
  checkOptions(limits, limitNames);
  const { maxFrameBytes = base.maxFrameBytes, maxAttachments = base.maxAttachments } = limits;
  return {
    // A line becomes one string, so its bytes must fit one.
    maxFrameBytes: checkInteger("maxFrameBytes", maxFrameBytes, 1, constants.MAX_STRING_LENGTH),
    maxAttachments: checkInteger("maxAttachments", maxAttachments, 0, 65_536),
  };
}

/**
 * Encodes `text` as an ordinary line: the text and LF, to be written as UTF-8, where half a surrogate pair becomes
 * U+FFFD.
 * Throws `IPC_FRAMING_INVALID_TEXT` if it is empty, contains LF, ends with CR, or begins with `*`.
 */
export function encodeLine(text: string): string {
  checkText(text);
  if (text.charCodeAt(0) === ASCII.STAR) {
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
 * header a text may begin with `*`.
 */
export function encodeFrame(text: string, attachments: readonly Uint8Array[]): Uint8Array[] {
  if (attachments.length === 0) return [Buffer.from(encodeLine(text))];
  checkText(text);
  const lengths = attachments.map((attachment) => attachment.byteLength).join(",");
  return [Buffer.from(`*${lengths} ${text}\n`), ...attachments];
}
