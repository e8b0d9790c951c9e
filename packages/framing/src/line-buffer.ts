import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { checkLine } from "./check-line.ts";
import { FramingError } from "./framing-error.ts";

const FIRST_BLOCK_BYTES = 4 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NO_BLOCK = Buffer.alloc(0);

/**
 * One line that is read by itself, because a chunk cut it or because it is long.
 *
 * Each byte is copied once into a block, and each full block is decoded and appended to a string: single bytes cost
 * no objects, long lines no growing copies, and no chunk is kept alive.
 */
export class LineBuffer {
  #block: Buffer = NO_BLOCK;
  #filled = 0;
  #text = "";
  #byteLength = 0;
  // Kept from line to line: a small line that is cut costs no allocation. Larger blocks go with their line.
  #firstBlock: Buffer | undefined;

  /** Bytes held of a line that is not complete. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds a part of the line; the caller has checked its length. */
  append(bytes: Buffer, start: number, end: number): void {
    this.#byteLength += end - start;
    let from = start;
    while (from < end) {
      if (this.#filled === this.#block.length) this.#nextBlock();
      const to = Math.min(end, from + this.#block.length - this.#filled);
      this.#filled += bytes.copy(this.#block, this.#filled, from, to);
      from = to;
    }
  }

  /** Adds the last part of the line and takes the whole. Throws if it is empty, ends with CR or is not UTF-8. */
  complete(bytes: Buffer, start: number, end: number): string {
    const text = this.#join(bytes, start, end);
    checkLine(text, 0, text.length);
    return text;
  }

  /** Forgets the line. */
  clear(): void {
    this.#block = this.#firstBlock ?? NO_BLOCK;
    this.#filled = 0;
    this.#text = "";
    this.#byteLength = 0;
  }

  #join(bytes: Buffer, start: number, end: number): string {
    if (this.#byteLength === 0) return decodeText(bytes.subarray(start, end));
    this.append(bytes, start, end);
    const text = this.#text + decodeText(this.#block.subarray(0, this.#filled));
    this.clear();
    return text;
  }

  #nextBlock(): void {
    if (this.#firstBlock === undefined) {
      this.#firstBlock = Buffer.allocUnsafeSlow(FIRST_BLOCK_BYTES);
      this.#block = this.#firstBlock;
      return;
    }
    const full = this.#block;
    const end = endOfWholeCharacters(full);
    this.#text += decodeText(full.subarray(0, end));
    if (full === this.#firstBlock) this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled = full.copy(this.#block, 0, end);
  }
}

/** Where the last UTF-8 character begins that `block` does not hold whole, else its end. Validity is checked elsewhere. */
function endOfWholeCharacters(block: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    const byte = block[block.length - back] ?? 0;
    const isContinuation = (byte & 0xc0) === 0x80;
    if (!isContinuation) return back < characterLength(byte) ? block.length - back : block.length;
  }
  return block.length;
}

function characterLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}

/** Decodes UTF-8 strictly, a byte order mark included. Throws `IPC_FRAMING_INVALID_UTF8`. */
function decodeText(bytes: Buffer): string {
  // Copying ASCII as Latin-1 is several times faster than decoding it.
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new FramingError("IPC_FRAMING_INVALID_UTF8", {});
}
