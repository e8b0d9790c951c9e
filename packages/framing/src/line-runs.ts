import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { ASCII } from "./ascii.ts";
import { checkLine } from "./check-line.ts";
import type { FrameSink } from "./frame.ts";

const LONGEST_RUN = 64 * 1024;
const SHORTEST_RUN = 512;

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
    const first = text.charCodeAt(start);
    if (first === ASCII.STAR || first === ASCII.TILDE) return start;
    const end = text.indexOf("\n", start);
    checkLine(text, start, end);
    if (!sink.handleLine(text.slice(start, end), NO_ATTACHMENTS)) return -1;
    start = end + 1;
  }
  return start;
}
