/** Chunks taken out at the head beyond which the queue is made shorter. */
const slack = 64;

/** The chunks of a pipe, taken out in order, whole or in pieces: constant time for each however many wait. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;

  /** Put a chunk in. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  /**
   * Take `size` bytes out as one chunk, or all of the first chunk if no size is given. No other code has the
   * memory of what is taken. The queue must hold that many.
   */
  take(size?: number): Uint8Array {
    const first = this.#chunks[this.#head] ?? new Uint8Array();
    if (size === undefined || size === first.byteLength) {
      this.#drop();
      return first;
    }
    const taken = new Uint8Array(size);
    let filled = 0;
    while (filled < size && this.#head < this.#chunks.length) {
      const chunk = this.#chunks[this.#head] ?? first;
      const part = chunk.subarray(0, size - filled);
      taken.set(part, filled);
      filled += part.byteLength;
      if (part.byteLength < chunk.byteLength)
        this.#chunks[this.#head] = chunk.subarray(part.byteLength);
      else this.#drop();
    }
    return taken;
  }

  /** Drop all but so many bytes at the head. */
  keep(bytes: number): void {
    const kept: Uint8Array[] = [];
    let left = bytes;
    for (let index = this.#head; left > 0 && index < this.#chunks.length; index++) {
      const chunk = (this.#chunks[index] ?? new Uint8Array()).subarray(0, left);
      kept.push(chunk);
      left -= chunk.byteLength;
    }
    this.#chunks = kept;
    this.#head = 0;
  }

  #drop(): void {
    this.#head++;
    if (this.#head >= this.#chunks.length) this.keep(0);
    else if (this.#head > slack && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}
