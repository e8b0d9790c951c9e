import { isError } from "../realms.ts";
import type { MessageReader } from "../messages/message-reader.ts";
import type { Opened, Opening, Protection } from "./opening.ts";
import type { Refusal } from "./preface.ts";
import type { ByteReader, RecordReader } from "./record-reader.ts";

/** The receiving half of a session: first the opening, then messages, in records or as they are. */
export class Inbound {
  #opening: Opening | undefined;
  #reader: ByteReader;
  #records: RecordReader | undefined;

  constructor(opening: Opening, messages: MessageReader) {
    this.#opening = opening;
    this.#reader = messages;
  }

  /** True while the peer's first bytes are awaited. */
  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** The instant at which `retry` may do what the opening had to put off; Infinity if never. */
  get retryAt(): number {
    return this.#opening?.retryAt ?? Infinity;
  }

  /** Take one chunk. Answers how the opening ended, once. Throws the error that ends the session. */
  read(chunk: Uint8Array, now: number): Opened | Refusal | undefined {
    if (this.#opening === undefined) {
      this.#reader.read(chunk);
      return undefined;
    }
    const opened = this.#opening.read(chunk, now);
    if (opened !== undefined) this.#opening = undefined;
    return opened;
  }

  /** Take everything from now on as records. */
  protect(protection: Protection): void {
    this.#records = protection.openFor(this.#reader);
    this.#reader = this.#records;
  }

  /** Do in advance what can be done of the next record. */
  prepare(): void {
    this.#records?.prepare();
  }

  /** Try again what the opening had to put off. */
  retry(now: number): void {
    if (now >= this.retryAt) this.#opening?.retry(now);
  }

  /** The stream is over: the error of one that ended in mid-sentence. */
  end(): Error | undefined {
    try {
      this.#records?.end();
      return undefined;
    } catch (error) {
      return isError(error) ? error : undefined;
    }
  }

  /** Take nothing more, and forget what is held. */
  stop(): void {
    this.#opening = undefined;
    this.#reader.stop();
  }
}
