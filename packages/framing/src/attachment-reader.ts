import { Buffer } from "node:buffer";
import { ASCII, type FrameLimits } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

/**
 * The attachments of one frame: the header that announces them, and behind the line their bytes.
 *
 * ```
 *   "*" len ("," len)* SP line LF bytes…
 *   └───── header ─────┘
 * ```
 *
 * No byte of the header is kept, and no number grows past its limit: a header can be neither too long nor announce
 * too much without being refused at the byte that shows it.
 *
 * Memory for an attachment is taken when its first byte is there, never when it is announced: an ArrayBuffer of its
 * own, so that the attachment neither shares memory nor keeps a chunk alive, and is aligned for every typed array.
 */
export class AttachmentReader {
  #lengths: number[] = [];
  #announcedBytes = 0;
  // The number that the header is in, and how many bytes of the header were read: the `*` is read by the decoder.
  #number = 0;
  #hasDigit = false;
  #position = 1;

  #attachments: Buffer[] = [];
  #open: Buffer | undefined;
  #filled = 0;
  #byteLength = 0;

  /** Bytes that the header announces. */
  get announcedBytes(): number {
    return this.#announcedBytes;
  }

  /** The attachments that are whole. */
  get attachments(): readonly Buffer[] {
    return this.#attachments;
  }

  /** Bytes received of attachments. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Reads the header on from `at`. Answers where it ends, or -1 if that is not in `bytes`. */
  readHeader(bytes: Buffer, at: number, limits: FrameLimits): number {
    for (let next = at; next < bytes.length; next++) {
      const byte = bytes[next] ?? 0;
      if (byte >= ASCII.ZERO && byte <= ASCII.NINE) {
        this.#readDigit(byte, limits);
      } else {
        this.#readDelimiter(byte);
        if (byte === ASCII.SPACE) return next + 1;
      }
      this.#position++;
    }
    return -1;
  }

  /** Reads the attachments on from `at`. Answers where the last ends, or -1 if that is not in `bytes`. */
  read(bytes: Buffer, at: number): number {
    let next = at;
    while (this.#attachments.length < this.#lengths.length) {
      const length = this.#lengths[this.#attachments.length] ?? 0;
      if (length > 0 && next === bytes.length) return -1;
      this.#open ??= Buffer.allocUnsafeSlow(length);
      const copied = bytes.copy(this.#open, this.#filled, next);
      next += copied;
      this.#filled += copied;
      this.#byteLength += copied;
      if (this.#filled === length) {
        this.#attachments.push(this.#open);
        this.#open = undefined;
        this.#filled = 0;
      }
    }
    return next;
  }

  /** Forgets everything, for the next header. */
  clear(): void {
    this.#lengths = [];
    this.#announcedBytes = 0;
    this.#number = 0;
    this.#hasDigit = false;
    this.#position = 1;
    this.#attachments = [];
    this.#open = undefined;
    this.#filled = 0;
    this.#byteLength = 0;
  }

  #readDigit(byte: number, limits: FrameLimits): void {
    const hasLeadingZero = this.#hasDigit && this.#number === 0;
    if (hasLeadingZero) this.#refuse(byte);
    this.#number = this.#number * 10 + byte - ASCII.ZERO;
    this.#hasDigit = true;
    if (this.#lengths.length >= limits.maxAttachments) {
      const limit = limits.maxAttachments;
      throw new FramingError("IPC_FRAMING_TOO_MANY_ATTACHMENTS", { limit });
    }
    const limit = limits.maxFrameBytes;
    const length = this.#announcedBytes + this.#number;
    if (length > limit) throw new FramingError("IPC_FRAMING_FRAME_TOO_LARGE", { limit, length });
  }

  #readDelimiter(byte: number): void {
    const isDelimiter = byte === ASCII.COMMA || byte === ASCII.SPACE;
    if (!isDelimiter || !this.#hasDigit) this.#refuse(byte);
    this.#lengths.push(this.#number);
    this.#announcedBytes += this.#number;
    this.#number = 0;
    this.#hasDigit = false;
  }

  #refuse(byte: number): never {
    throw new FramingError("IPC_FRAMING_MALFORMED_HEADER", { position: this.#position, byte });
  }
}
