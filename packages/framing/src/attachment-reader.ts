import { Buffer } from "node:buffer";

const NONE: readonly number[] = [];

/**
 * The attachments of one frame while their bytes arrive.
 *
 * Memory for one is taken when its first byte is there, never when it is announced: an ArrayBuffer of its own,
 * so that the attachment neither shares memory nor keeps a chunk alive, and is aligned for every typed array.
 */
export class AttachmentReader {
  #lengths: readonly number[] = NONE;
  #attachments: Buffer[] = [];
  #open: Buffer | undefined;
  #filled = 0;
  #byteLength = 0;

  /** Bytes received of attachments not yet taken. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether every attachment is whole. */
  get complete(): boolean {
    return this.#attachments.length === this.#lengths.length;
  }

  /** Expects attachments of these lengths. */
  begin(lengths: readonly number[]): void {
    this.#lengths = lengths;
    this.#attachments = [];
  }

  /** Reads from `at` to the end of the attachments or of `bytes`, and answers where it got to. */
  read(bytes: Buffer, at: number): number {
    let next = at;
    while (!this.complete) {
      const length = this.#lengths[this.#attachments.length] ?? 0;
      if (length > 0 && next === bytes.length) break;
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

  /** Hands the attachments over and forgets them. */
  take(): readonly Buffer[] {
    const attachments = this.#attachments;
    this.clear();
    return attachments;
  }

  /** Forgets everything. */
  clear(): void {
    this.#lengths = NONE;
    this.#attachments = [];
    this.#open = undefined;
    this.#filled = 0;
    this.#byteLength = 0;
  }
}
