import type { Buffer } from "node:buffer";
import type { FrameLimits } from "./frame-limits.ts";
import { ASCII, MAX_LANE } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

/**
 * The header of a frame with attachments, or of a fragment, parsed byte by byte as it arrives.
 *
 * ```
 *   "*" len ("," len)* SP        then the line
 *   "~" lane SP len ["!"] LF     then the payload
 * ```
 *
 * No byte of it is kept, and no number grows past its limit: a header can be neither too long nor announce too much
 * without being refused at the byte that shows it.
 */
export class FrameHeader {
  /** The declared length of each attachment. */
  lengths: number[] = [];
  /** The declared bytes of all attachments together. */
  attachmentBytes = 0;
  lane = 0;
  fragmentBytes = 0;
  lastFragment = false;
  kind: "attachments" | "fragment" = "attachments";
  complete = false;

  #expects: "number" | "lane" | "end" = "number";
  #number = 0;
  #digits = 0;
  #position = 0;

  /** Forgets the former header. `firstByte` is the `*` or `~` that begins this one. */
  begin(firstByte: number): void {
    this.kind = firstByte === ASCII.STAR ? "attachments" : "fragment";
    this.lengths = [];
    this.attachmentBytes = 0;
    this.lastFragment = false;
    this.complete = false;
    this.#expects = this.kind === "fragment" ? "lane" : "number";
    this.#number = 0;
    this.#digits = 0;
    this.#position = 1;
  }

  /** Reads from `at` to the end of the header or of `bytes`, and answers where it got to. */
  read(bytes: Buffer, at: number, limits: FrameLimits): number {
    let next = at;
    while (next < bytes.length && !this.complete) {
      const byte = bytes[next++] ?? 0;
      if (byte >= ASCII.ZERO && byte <= ASCII.NINE && this.#expects !== "end") {
        this.#readDigit(byte, limits);
      } else {
        this.#readDelimiter(byte);
      }
      this.#position++;
    }
    return next;
  }

  #readDigit(byte: number, limits: FrameLimits): void {
    const hasLeadingZero = this.#digits > 0 && this.#number === 0;
    if (hasLeadingZero) this.#refuse(byte);
    this.#number = this.#number * 10 + byte - ASCII.ZERO;
    this.#digits++;
    if (this.#expects === "lane") {
      if (this.#number > MAX_LANE) this.#refuse(byte);
    } else if (this.kind === "fragment") {
      const limit = limits.maxFragmentBytes;
      if (this.#number > limit) {
        throw new FramingError("IPC_FRAMING_FRAGMENT_TOO_LARGE", { limit, length: this.#number });
      }
    } else {
      this.#checkAttachment(limits);
    }
  }

  #checkAttachment(limits: FrameLimits): void {
    if (this.lengths.length >= limits.maxAttachments) {
      const limit = limits.maxAttachments;
      throw new FramingError("IPC_FRAMING_TOO_MANY_ATTACHMENTS", { limit });
    }
    const limit = limits.maxFrameBytes;
    const length = this.attachmentBytes + this.#number;
    if (length > limit) throw new FramingError("IPC_FRAMING_FRAME_TOO_LARGE", { limit, length });
  }

  #readDelimiter(byte: number): void {
    if (this.#expects !== "end" && this.#digits === 0) this.#refuse(byte);
    if (this.kind === "fragment") this.#readFragmentDelimiter(byte);
    else this.#readAttachmentDelimiter(byte);
    this.#number = 0;
    this.#digits = 0;
  }

  #readAttachmentDelimiter(byte: number): void {
    if (byte !== ASCII.COMMA && byte !== ASCII.SPACE) this.#refuse(byte);
    this.lengths.push(this.#number);
    this.attachmentBytes += this.#number;
    if (byte === ASCII.SPACE) this.complete = true;
  }

  #readFragmentDelimiter(byte: number): void {
    if (this.#expects === "lane") {
      if (byte !== ASCII.SPACE) this.#refuse(byte);
      this.lane = this.#number;
      this.#expects = "number";
      return;
    }
    if (this.#expects === "number") this.fragmentBytes = this.#number;
    if (byte === ASCII.LF) {
      this.complete = true;
    } else if (byte === ASCII.BANG && this.#expects === "number") {
      this.lastFragment = true;
      this.#expects = "end";
    } else {
      this.#refuse(byte);
    }
  }

  #refuse(byte: number): never {
    throw new FramingError("IPC_FRAMING_MALFORMED_HEADER", { position: this.#position, byte });
  }
}
