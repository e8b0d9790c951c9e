import { Buffer } from "node:buffer";
import { prefaceBytes } from "../limits.ts";
import { notIpc } from "./preface.ts";

const lineFeed = 0x0a;
const leftBrace = 0x7b;
const nothing = Buffer.alloc(0);

/** Takes the first line off a connection's bytes, holding at most the preface limit. */
export class PrefaceReader {
  /** The bytes of the line that have come: of a line that came whole those of the chunk. */
  #held: Buffer = nothing;
  #length = 0;

  /**
   * Take one chunk. Answers how many of its bytes belong to the line, LF included, or 0 if the line
   * is not whole yet and all were taken. Throws `IPC_NOT_IPC` when it does not begin as a preface
   * does or has no LF within the limit.
   */
  read(chunk: Uint8Array): number {
    if (this.#length === 0 && chunk.length > 0 && chunk[0] !== leftBrace) {
      throw notIpc("what it sent does not begin with a preface");
    }
    const space = prefaceBytes - this.#length;
    const found = chunk.subarray(0, space).indexOf(lineFeed);
    if (found === -1 && chunk.length >= space) {
      throw notIpc(`its first line is longer than ${prefaceBytes} bytes`);
    }
    const taken = found === -1 ? chunk.length : found + 1;
    if (found !== -1 && this.#length === 0) {
      this.#held = Buffer.from(chunk.buffer, chunk.byteOffset, taken);
    } else {
      if (this.#length === 0) this.#held = Buffer.allocUnsafeSlow(prefaceBytes);
      this.#held.set(chunk.subarray(0, taken), this.#length);
    }
    this.#length += taken;
    return found === -1 ? 0 : taken;
  }

  /** The whole line as received, LF included. To be read before the chunk is used again. */
  get line(): Buffer {
    return this.#held.subarray(0, this.#length);
  }
}
