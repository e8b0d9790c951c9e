import type { Buffer } from "node:buffer";
import { AttachmentReader } from "./attachment-reader.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import {
  ASCII,
  DEFAULT_FRAME_LIMITS,
  type Frame,
  type FrameLimits,
  type FrameSink,
  mergeFrameLimits,
} from "./frame.ts";
import { FramingError } from "./framing-error.ts";
import { LineBuffer, LineRuns, NO_ATTACHMENTS } from "./lines.ts";

/**
 * The decoder of a stream of frames, fed with chunks cut anywhere.
 *
 * ```
 *   line ──"*"──> header ──SP──> text ──LF──> attachments ──┐
 *    ^                                                      │
 *    └──────────────────────────────────────────────────────┘
 * ```
 */
export class FrameDecoder extends ChunkDecoder<FrameSink> {
  readonly #runs = new LineRuns();
  readonly #line = new LineBuffer();
  readonly #attachments = new AttachmentReader();
  #limits: FrameLimits;
  #phase: "line" | "header" | "text" | "attachments" = "line";
  // The text of a frame whose attachments arrive.
  #text = "";
  #textBytes = 0;

  /** Throws `IPC_FRAMING_INVALID_OPTION` for an unknown limit, and for one out of its range. */
  constructor(limits: Partial<FrameLimits> = {}) {
    super();
    this.#limits = mergeFrameLimits(limits, DEFAULT_FRAME_LIMITS);
  }

  get bufferedBytes(): number {
    return this.#line.byteLength + this.#textBytes + this.#attachments.byteLength;
  }

  /**
   * Changes the limits given and keeps the others; the sink may call it. Higher limits hold from the next frame on,
   * lower ones at the latest from the next chunk on. Throws `IPC_FRAMING_INVALID_OPTION`.
   */
  setLimits(limits: Partial<FrameLimits>): void {
    this.#limits = mergeFrameLimits(limits, this.#limits);
  }

  protected get insideFrame(): boolean {
    return this.#phase !== "line" || this.#line.byteLength > 0;
  }

  protected consume(bytes: Buffer, sink: FrameSink): boolean {
    this.#runs.begin();
    let at = 0;
    while (at >= 0 && at < bytes.length) at = this.#read(bytes, at, sink);
    return at >= 0;
  }

  protected release(): void {
    this.#line.clear();
    this.#attachments.clear();
    this.#text = "";
    this.#textBytes = 0;
  }

  /** Reads one phase, or as much of it as there is. Answers where it got to, or -1 when the sink stopped it. */
  #read(bytes: Buffer, at: number, sink: FrameSink): number {
    switch (this.#phase) {
      case "line":
        return this.#readLines(bytes, at, sink);
      case "header":
        return this.#readHeader(bytes, at);
      case "text":
        return this.#readText(bytes, at, sink);
      case "attachments":
        return this.#readAttachments(bytes, at, sink);
    }
  }

  #readLines(bytes: Buffer, at: number, sink: FrameSink): number {
    if (this.#line.byteLength === 0) {
      if (bytes[at] === ASCII.STAR) {
        this.#phase = "header";
        return at + 1;
      }
      const next = this.#runs.read(bytes, at, this.#limits.maxFrameBytes, sink);
      if (next !== at) return next;
    }
    const end = this.#findLineFeed(bytes, at);
    if (end < 0) return bytes.length;
    const text = this.#line.complete(bytes, at, end);
    return sink.handleLine(text, NO_ATTACHMENTS) ? end + 1 : -1;
  }

  #readHeader(bytes: Buffer, at: number): number {
    const end = this.#attachments.readHeader(bytes, at, this.#limits);
    if (end < 0) return bytes.length;
    this.#phase = "text";
    return end;
  }

  #readText(bytes: Buffer, at: number, sink: FrameSink): number {
    const end = this.#findLineFeed(bytes, at);
    if (end < 0) return bytes.length;
    this.#textBytes = this.#line.byteLength + end - at;
    this.#text = this.#line.complete(bytes, at, end);
    this.#phase = "attachments";
    return this.#readAttachments(bytes, end + 1, sink);
  }

  /** Answers where the line ends; if not in `bytes`, keeps the part of it that they hold and answers -1. */
  #findLineFeed(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(ASCII.LF, at);
    const part = (end < 0 ? bytes.length : end) - at;
    const length = this.#line.byteLength + part + this.#attachments.announcedBytes;
    const limit = this.#limits.maxFrameBytes;
    if (length > limit) throw new FramingError("IPC_FRAMING_FRAME_TOO_LARGE", { limit, length });
    if (end < 0) this.#line.append(bytes, at, bytes.length);
    return end;
  }

  #readAttachments(bytes: Buffer, at: number, sink: FrameSink): number {
    const end = this.#attachments.read(bytes, at);
    if (end < 0) return bytes.length;
    const text = this.#text;
    const { attachments } = this.#attachments;
    this.release();
    this.#phase = "line";
    return sink.handleLine(text, attachments) ? end : -1;
  }
}

/**
 * Decodes bytes that are exactly one frame, as `encodeFrame` returns them.
 * Throws as `FrameDecoder` does, and `IPC_FRAMING_NOT_ONE_FRAME` for no frame or more than one.
 */
export function decodeFrame(
  bytes: readonly Uint8Array[],
  limits: Partial<FrameLimits> = {},
): Frame {
  const decoder = new FrameDecoder(limits);
  const frames: Frame[] = [];
  const sink: FrameSink = {
    // A second frame stops the decoder.
    handleLine: (text, attachments) => frames.push({ text, attachments }) === 1,
  };
  for (const part of bytes) decoder.decode(part, sink);
  decoder.end();
  const [frame] = frames;
  if (frame === undefined || frames.length > 1) {
    throw new FramingError("IPC_FRAMING_NOT_ONE_FRAME", {});
  }
  return frame;
}
