import { Buffer } from "node:buffer";

/** Bytes by which the memory grows: what is held is bounded by what a client may send early. */
const stepBytes: number = 16 * 1024;

/**
 * The events that a client has sent before it is accepted, as the bytes that came: decoded they would take many
 * times that, and a client that is turned away is owed no memory.
 */
export class EarlyLines {
  #bytes: Buffer | undefined;
  #length = 0;

  /** Bytes that are held. */
  get byteLength(): number {
    return this.#length;
  }

  /** Hold one line. */
  push(text: string): void {
    const size = Buffer.byteLength(text) + 1;
    const needed = this.#length + size;
    if (this.#bytes === undefined || needed > this.#bytes.length) this.#grow(needed);
    this.#length += this.#bytes?.write(`${text}\n`, this.#length) ?? 0;
  }

  /** Take all lines out, in order. */
  take(): readonly string[] {
    const text = this.#bytes?.toString("utf8", 0, this.#length) ?? "";
    this.clear();
    return text === "" ? [] : text.slice(0, -1).split("\n");
  }

  /** Forget them. */
  clear(): void {
    this.#bytes = undefined;
    this.#length = 0;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.ceil(needed / stepBytes) * stepBytes);
    this.#bytes?.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
