import { CryptoError } from "./error.ts";
import {
  MAX_RECORD_BODY,
  RECORD_TYPE,
  checkBodyLength,
  openRecord,
  recordHeader,
} from "./record.ts";
import type { TrafficKey } from "./traffic-key.ts";

const EMPTY = Buffer.alloc(0);

/** A key that opened fewer records than this, the update among them, and less content than the next, is short: no policy but a test's needs one. */
const SHORT_KEY_RECORDS = 1024;
const SHORT_KEY_BYTES: number = 64 * 1024;

/** Short keys that one direction of a connection may have: an update costs the opener ten times what a small record does. */
export const MAX_SHORT_KEYS = 2048;

/** The receiving half of a channel: record bodies go in, in order, and their verified content comes out. */
export class RecordOpener {
  readonly #key: TrafficKey;
  #failure: CryptoError | undefined;
  #closed = false;
  /** Bytes of content that came under the present key. */
  #keyBytes = 0;
  #shortKeys = 0;

  constructor(key: TrafficKey) {
    this.#key = key;
  }

  /** True once the peer has said that nothing follows. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Opens one record's body, the bytes after its four-byte header, and returns its content: memory of
   * its own, empty for a key update and for the peer's close, after which `closed` is true.
   *
   * The first failure is final: the keys are dropped and every later call throws the same error.
   * Throws `IPC_RECORD_SIZE`, `IPC_RECORD_CORRUPT`, `IPC_RECORD_UNEXPECTED`, `IPC_SEQUENCE_EXHAUSTED`,
   * and `IPC_CHANNEL_CLOSED` after `drop`.
   */
  open(body: Uint8Array): Buffer {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#closed) unexpected("one followed the peer's close");
      const { length } = body;
      checkBodyLength(length, MAX_RECORD_BODY);
      return this.#accept(openRecord(this.#key, recordHeader(length), body));
    } catch (error) {
      this.#key.drop();
      this.#failure =
        error instanceof CryptoError
          ? error
          : new CryptoError("IPC_CHANNEL_CLOSED", undefined, error);
      throw error;
    }
  }

  /**
   * Sets up the next record's decipher, as `RecordSealer.prepare` does a cipher. Holds some 2 KiB until the
   * next record; does nothing after the peer's close, a failure or `drop`.
   */
  prepare(): void {
    this.#key.prepareDecipher();
  }

  /** The end of the stream: throws `IPC_TRUNCATED`, or an earlier failure, unless the peer has closed. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) return;
    this.#failure = new CryptoError("IPC_TRUNCATED", undefined);
    this.#key.drop();
    throw this.#failure;
  }

  /** Forgets the keys. */
  drop(): void {
    this.#key.drop();
  }

  #updateKey(): void {
    const isShort = this.#key.sequence < SHORT_KEY_RECORDS && this.#keyBytes < SHORT_KEY_BYTES;
    if (isShort && ++this.#shortKeys > MAX_SHORT_KEYS) {
      unexpected(`more than ${MAX_SHORT_KEYS} key updates after fewer records than a key is for`);
    }
    this.#keyBytes = 0;
    this.#key.update();
  }

  #accept(plaintext: Buffer): Buffer {
    const length = plaintext.length - 1;
    const type = plaintext.readUInt8(length);
    switch (type) {
      case RECORD_TYPE.data:
        if (length === 0) unexpected("data without content");
        this.#keyBytes += length;
        return plaintext.subarray(0, length);
      case RECORD_TYPE.keyUpdate:
        if (length !== 0) unexpected("a key update with content");
        this.#updateKey();
        return EMPTY;
      case RECORD_TYPE.alert:
        if (length !== 2 || plaintext[0] !== 1 || plaintext[1] !== 0)
          unexpected("an unknown alert");
        this.#closed = true;
        this.#key.drop();
        return EMPTY;
      default:
        return unexpected(`type ${type} has no place here`);
    }
  }
}

function unexpected(reason: string): never {
  throw new CryptoError("IPC_RECORD_UNEXPECTED", { reason });
}
