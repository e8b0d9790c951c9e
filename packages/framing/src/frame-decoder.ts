import type { Buffer } from "node:buffer";
import { AttachmentReader } from "./attachment-reader.ts";
import { checkOptions } from "./check-options.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { FrameHeader } from "./frame-header.ts";
import {
  DEFAULT_FRAME_LIMITS,
  FRAME_LIMIT_NAMES,
  type FrameLimits,
  mergeFrameLimits,
} from "./frame-limits.ts";
import { ASCII, type Frame, type FrameSink } from "./frame.ts";
import { FramingError } from "./framing-error.ts";
import { LineBuffer, LineRuns, NO_ATTACHMENTS } from "./lines.ts";

/**
 * The decoder of a stream of frames, fed with chunks cut anywhere.
 *
 * ```
 *   line ──"*"──> header ──SP──> text ──LF──> attachments ──┐
 *    ^ └──"~"──> header ──LF──> fragment ──────────────────┤
 *    └──────────────────────────────────────────────────────┘
 * ```
 */
export class FrameDecoder extends ChunkDecoder<FrameSink> {
  readonly #runs = new LineRuns();
  readonly #line = new LineBuffer();
  readonly #header = new FrameHeader();
  readonly #attachments = new AttachmentReader();
  #limits: FrameLimits;
  #phase: "line" | "header" | "text" | "attachments" | "fragment" = "line";
  // The text of a frame whose attachments arrive.
  #text = "";
  #textBytes = 0;
  #fragmentBytesLeft = 0;

  /** Throws `IPC_FRAMING_INVALID_OPTION` for an unknown limit, and for one out of its range. */
  constructor(limits: Partial<FrameLimits> = {}) {
    super();
    checkOptions(limits, FRAME_LIMIT_NAMES);
    this.#limits = mergeFrameLimits(limits, DEFAULT_FRAME_LIMITS);
  }

  get bufferedBytes(): number {
    return this.#line.byteLength + this.#textBytes + this.#attachments.byteLength;
  }

  /** Bytes held of a frame that is not complete, and bytes that its attachments will take. */
  get claimedBytes(): number {
    const announced =
      this.#phase === "text" || this.#phase === "attachments" ? this.#header.attachmentBytes : 0;
    return this.#line.byteLength + this.#textBytes + announced;
  }

  /**
   * Changes the limits given and keeps the others; the sink may call it. Higher limits hold from the next frame on,
   * lower ones at the latest from the next chunk on. Throws `IPC_FRAMING_INVALID_OPTION`.
   */
  setLimits(limits: Partial<FrameLimits>): void {
    checkOptions(limits, FRAME_LIMIT_NAMES);
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
        return this.#readHeader(bytes, at, sink);
      case "text":
        return this.#readText(bytes, at, sink);
      case "attachments":
        return this.#readAttachments(bytes, at, sink);
      case "fragment":
        return this.#readFragment(bytes, at, sink);
    }
  }

  #readLines(bytes: Buffer, at: number, sink: FrameSink): number {
    if (this.#line.byteLength === 0) {
      const first = bytes[at];
      if (first === ASCII.STAR || first === ASCII.TILDE) {
        this.#header.begin(first);
        this.#phase = "header";
        return at + 1;
      }
      const next = this.#runs.read(bytes, at, this.#limits.maxFrameBytes, sink);
      if (next !== at) return next;
    }
    const end = this.#findLineFeed(bytes, at, 0);
    if (end < 0) return bytes.length;
    const text = this.#line.complete(bytes, at, end);
    return sink.handleLine(text, NO_ATTACHMENTS) ? end + 1 : -1;
  }

  #readHeader(bytes: Buffer, at: number, sink: FrameSink): number {
    const next = this.#header.read(bytes, at, this.#limits);
    if (!this.#header.complete) return next;
    if (this.#header.kind === "attachments") {
      this.#phase = "text";
      return next;
    }
    this.#fragmentBytesLeft = this.#header.fragmentBytes;
    this.#phase = "fragment";
    // An empty payload is here already, even if no byte follows.
    return this.#fragmentBytesLeft === 0 ? this.#readFragment(bytes, next, sink) : next;
  }

  #readText(bytes: Buffer, at: number, sink: FrameSink): number {
    const end = this.#findLineFeed(bytes, at, this.#header.attachmentBytes);
    if (end < 0) return bytes.length;
    this.#textBytes = this.#line.byteLength + end - at;
    this.#text = this.#line.complete(bytes, at, end);
    this.#attachments.begin(this.#header.lengths);
    this.#phase = "attachments";
    return this.#readAttachments(bytes, end + 1, sink);
  }

  /** Answers where the line ends; if not in `bytes`, keeps the part of it that they hold and answers -1. */
  #findLineFeed(bytes: Buffer, at: number, attachmentBytes: number): number {
    const end = bytes.indexOf(ASCII.LF, at);
    const part = (end < 0 ? bytes.length : end) - at;
    const length = this.#line.byteLength + part + attachmentBytes;
    const limit = this.#limits.maxFrameBytes;
    if (length > limit) throw new FramingError("IPC_FRAMING_FRAME_TOO_LARGE", { limit, length });
    if (end < 0) this.#line.append(bytes, at, bytes.length);
    return end;
  }

  #readAttachments(bytes: Buffer, at: number, sink: FrameSink): number {
    const next = this.#attachments.read(bytes, at);
    if (!this.#attachments.complete) return next;
    const text = this.#text;
    const attachments = this.#attachments.take();
    this.release();
    this.#phase = "line";
    return sink.handleLine(text, attachments) ? next : -1;
  }

  #readFragment(bytes: Buffer, at: number, sink: FrameSink): number {
    const next = Math.min(at + this.#fragmentBytesLeft, bytes.length);
    this.#fragmentBytesLeft -= next - at;
    const whole = this.#fragmentBytesLeft === 0;
    if (whole) this.#phase = "line";
    const { lane, lastFragment } = this.#header;
    const last = whole && lastFragment;
    return sink.handleFragment(lane, bytes.subarray(at, next), last) ? next : -1;
  }
}

/**
 * Decodes bytes that are exactly one frame, and no fragment, as `encodeFrame` returns them.
 * Throws as `FrameDecoder` does, and `IPC_FRAMING_NOT_ONE_FRAME` for fragments, no frame or more than one.
 */
export function decodeFrame(
  bytes: readonly Uint8Array[],
  limits: Partial<FrameLimits> = {},
): Frame {
  const decoder = new FrameDecoder(limits);
  const sink = new OneFrame();
  for (const part of bytes) decoder.decode(part, sink);
  decoder.end();
  return sink.take();
}

/** A sink that takes exactly one frame, and no fragment. */
export class OneFrame implements FrameSink {
  #frame: Frame | undefined;

  /** True once the frame has come. */
  get full(): boolean {
    return this.#frame !== undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#frame !== undefined) throw notOneFrame();
    this.#frame = { text, attachments };
    return true;
  }

  handleFragment(): boolean {
    throw notOneFrame();
  }

  /** Hands the frame over. Throws `IPC_FRAMING_NOT_ONE_FRAME` if none came. */
  take(): Frame {
    if (this.#frame === undefined) throw notOneFrame();
    return this.#frame;
  }
}

function notOneFrame(): FramingError {
  return new FramingError("IPC_FRAMING_NOT_ONE_FRAME", {});
}
