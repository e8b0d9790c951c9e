/** Bytes that entered a line together. */
interface Entry {
  bytes: number;
  ripe: boolean;
}

/** Counts the bytes of a pipe that have waited long enough: those before the first that has not. */
export class DelayLine {
  readonly #entries = new Set<Entry>();

  /** Whether the first entry has ripened, or there is none. */
  get ripe(): boolean {
    return this.#first?.ripe !== false;
  }

  /** The bytes of the first entry that are left. */
  get firstBytes(): number {
    return this.#first?.bytes ?? 0;
  }

  /** All bytes that may leave. */
  get ripeBytes(): number {
    let bytes = 0;
    for (const entry of this.#entries) {
      if (!entry.ripe) break;
      bytes += entry.bytes;
    }
    return bytes;
  }

  /** Append bytes, or with 0 the end of the stream; answers what to call when they have ripened. */
  append(bytes: number): () => void {
    const entry = { bytes, ripe: false };
    this.#entries.add(entry);
    return () => {
      entry.ripe = true;
    };
  }

  /** Let bytes leave. */
  take(bytes: number): void {
    let left = bytes;
    for (const entry of this.#entries) {
      if (left <= 0) return;
      const part = Math.min(entry.bytes, left);
      entry.bytes -= part;
      left -= part;
      if (entry.bytes === 0) this.#entries.delete(entry);
    }
  }

  /** Drop all but so many bytes at the head. */
  keep(bytes: number): void {
    let left = bytes;
    for (const entry of this.#entries) {
      entry.bytes = Math.min(entry.bytes, left);
      left -= entry.bytes;
      if (entry.bytes === 0) this.#entries.delete(entry);
    }
  }

  get #first(): Entry | undefined {
    const [first] = this.#entries;
    return first;
  }
}
