import { Buffer } from "node:buffer";
import { CryptoError, FINISHED_RECORD_BODY, RECORD_HEADER_BYTES, RECORD_PREFIX } from "@ipc/crypto";
import { PrefaceReader } from "./preface-reader.ts";

const leftBrace = 0x7b;
const recordBytes = RECORD_HEADER_BYTES + FINISHED_RECORD_BODY;

/**
 * Takes the one thing that may follow a preface in secure mode: the record with the peer's Finished,
 * or the line of a refusal, told apart by their first byte.
 */
export class FinishedReader {
  readonly #record = Buffer.allocUnsafeSlow(recordBytes);
  #length = 0;
  #refusal: PrefaceReader | undefined;

  /** The refusal's line, LF included, if it was one. */
  get line(): Buffer | undefined {
    return this.#refusal?.line;
  }

  /** The record's body, once it is whole. */
  get body(): Buffer {
    return this.#record.subarray(RECORD_HEADER_BYTES);
  }

  /**
   * Take one chunk. Answers how many of its bytes belong here, or 0 if more are needed and all were
   * taken. Throws `IPC_AUTHENTICATION_FAILED` for what is neither.
   */
  read(chunk: Uint8Array): number {
    if (this.#length === 0 && chunk[0] === leftBrace) this.#refusal ??= new PrefaceReader();
    if (this.#refusal !== undefined) return this.#refusal.read(chunk);
    const taken = Math.min(chunk.length, recordBytes - this.#length);
    this.#record.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    this.#checkHeader();
    return this.#length === recordBytes ? taken : 0;
  }

  #checkHeader(): void {
    const expected = [RECORD_PREFIX, 0, 0, FINISHED_RECORD_BODY];
    const known = Math.min(this.#length, RECORD_HEADER_BYTES);
    for (let at = 0; at < known; at++) {
      if (this.#record[at] !== expected[at]) {
        throw new CryptoError("IPC_AUTHENTICATION_FAILED", undefined);
      }
    }
  }
}
