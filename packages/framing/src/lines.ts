import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { ASCII, type FrameSink } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

const LONGEST_RUN = 64 * 1024;
const SHORTEST_RUN = 512;
const FIRST_BLOCK_BYTES = 4 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NO_BLOCK = Buffer.alloc(0);

/** The attachments of every ordinary line. */
export const NO_ATTACHMENTS: readonly Buffer[] = Object.freeze([]);

/**
 * Reads whole ordinary lines many at a time: one look for the last LF, one check and one decoding for all of them.
 *
 * Text behind a header inside the run was decoded for nothing. So that the work stays linear however many headers
 * there are, the next run is short, and a run without a header doubles the one after it.
 */
export class LineRuns {
  #runBytes: number = LONGEST_RUN;

  /** Begins a chunk: its first run is as long as a run can be. */
  begin(): void {
    this.#runBytes = LONGEST_RUN;
  }

  /**
   * Delivers the ordinary lines that lie whole in `bytes` from `at` on, up to the first header.
   * Answers where it got to, which is `at` when the line there must be read alone, or -1 when the sink stopped it.
   */
  read(bytes: Buffer, at: number, maxLineBytes: number, sink: FrameSink): number {
    // A run no longer than one legal line and its LF needs no check of the length of each.
    const run = wholeLines(bytes, at, Math.min(this.#runBytes, maxLineBytes + 1));
    this.#runBytes = Math.min(this.#runBytes * 2, LONGEST_RUN);
    if (run.length === 0) return at;
    const ascii = isAscii(run);
    if (!ascii && !isUtf8(run)) {
      this.#runBytes = SHORTEST_RUN;
      return at;
    }
    const text = run.toString(ascii ? "latin1" : "utf8");
    const end = deliverLines(text, sink);
    if (end === text.length) return at + run.length;
    if (end < 0) return -1;
    this.#runBytes = SHORTEST_RUN;
    return at + (ascii ? end : Buffer.byteLength(text.slice(0, end)));
  }
}

/** The lines that lie whole in `bytes` from `at` on, in at most `length` bytes. */
function wholeLines(bytes: Buffer, at: number, length: number): Buffer {
  // A small chunk most often is one line, or several.
  if (at === 0 && bytes.length <= length && bytes[bytes.length - 1] === ASCII.LF) return bytes;
  const window = bytes.subarray(at, at + length);
  return window.subarray(0, window.lastIndexOf(ASCII.LF) + 1);
}

function deliverLines(text: string, sink: FrameSink): number {
  let start = 0;
  while (start < text.length) {
    if (text.charCodeAt(start) === ASCII.STAR) return start;
    const end = text.indexOf("\n", start);
    checkLine(text, start, end);
    if (!sink.handleLine(text.slice(start, end), NO_ATTACHMENTS)) return -1;
    start = end + 1;
  }
  return start;
}

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

/** Finds the start of a last UTF-8 character that `block` does not hold whole, or its end. Validity is checked elsewhere. */
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

/** Throws `IPC_FRAMING_EMPTY_LINE` or `IPC_FRAMING_CARRIAGE_RETURN` if `text` from `start` to `end` cannot be a line. */
function checkLine(text: string, start: number, end: number): void {
  if (end === start) throw new FramingError("IPC_FRAMING_EMPTY_LINE", {});
  if (text.charCodeAt(end - 1) === ASCII.CR) {
    throw new FramingError("IPC_FRAMING_CARRIAGE_RETURN", {});
  }
}
