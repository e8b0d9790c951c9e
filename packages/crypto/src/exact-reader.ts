/** Chunks that are held apart; more of them are joined, so that a stream of single bytes costs no object for each. */
const MOST_CHUNKS = 64;

/** Bytes that arrive in chunks and are taken in pieces of exact length; joined once per piece. */
export class ExactReader {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Adds a chunk; it must not be changed until its bytes were taken. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#chunks.length > MOST_CHUNKS)
      this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
  }

  /** The next `length` bytes, or undefined while fewer have arrived. */
  take(length: number): Buffer | undefined {
    if (this.#length < length) return undefined;
    const [first = new Uint8Array(0)] = this.#chunks;
    const joined =
      first.length >= length
        ? Buffer.from(first.buffer, first.byteOffset, first.length)
        : Buffer.concat(this.#chunks, this.#length);
    const rest = joined.subarray(length);
    const others = joined.length === this.#length ? [] : this.#chunks.slice(1);
    this.#chunks = rest.length > 0 ? [rest, ...others] : others;
    this.#length -= length;
    return joined.subarray(0, length);
  }
}
