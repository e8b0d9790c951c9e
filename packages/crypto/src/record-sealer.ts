import { checkLimit, checkOptions, type OptionNames } from "./check-options.ts";
import { CryptoError } from "./error.ts";
import {
  MAX_RECORD_CONTENT,
  RECORD_BODY_OVERHEAD,
  RECORD_HEADER_BYTES,
  RECORD_TYPE,
  recordHeader,
  sealRecord,
} from "./record.ts";
import { MAX_RECORDS_PER_KEY, type TrafficKey } from "./traffic-key.ts";

/** Most bytes of content under one key, 1 GiB, after which the sender updates it. */
const MAX_BYTES_PER_KEY = 2 ** 30;

const EMPTY = Buffer.alloc(0);
const CLOSE_NOTIFY = Buffer.of(1, 0);
const DATA_TYPE = Buffer.of(RECORD_TYPE.data);

/** The size from which bytes are encrypted where they lie: below it, a copy costs less than a separate record. */
const DIRECT_BYTES = 32_768;

/** The size up to which a record is copied into one buffer from Node's pool: one write costs less than three. */
const SINGLE_BUFFER_BYTES = 4000;

// Small chunks are gathered here, then encrypted with one call. Sealing is synchronous, so all
// connections can share these 64 KiB.
const scratch = Buffer.allocUnsafeSlow(MAX_RECORD_CONTENT + 1);

/**
 * The limits at which a sender updates its key, whichever it reaches first; the defaults are the upper bounds. The peer takes 2,048 keys
 * that seal fewer than 1,024 records and 64 KiB: smaller values of both are for tests.
 */
export interface RekeyPolicy {
  /** Records under one key, the update among them: 2 to 2^20. */
  readonly recordsPerKey?: number;
  /** Bytes of content after which the next record goes under a new key: 1 to 2^30. */
  readonly bytesPerKey?: number;
}

const policyNames: OptionNames<RekeyPolicy> = { recordsPerKey: true, bytesPerKey: true };

/** The policy with its defaults filled in; throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
export function checkRekeyPolicy(policy: RekeyPolicy): Required<RekeyPolicy> {
  checkOptions("A rekey policy", policy, policyNames);
  const { recordsPerKey = MAX_RECORDS_PER_KEY, bytesPerKey = MAX_BYTES_PER_KEY } = policy;
  return {
    recordsPerKey: checkLimit("recordsPerKey", recordsPerKey, 2, MAX_RECORDS_PER_KEY),
    bytesPerKey: checkLimit("bytesPerKey", bytesPerKey, 1, MAX_BYTES_PER_KEY),
  };
}

/** The sending half of a channel: turns content into records to write, in order. */
export class RecordSealer {
  readonly #key: TrafficKey;
  readonly #policy: Required<RekeyPolicy>;
  #bytes = 0;
  #closed = false;

  constructor(key: TrafficKey, policy: RekeyPolicy = {}) {
    this.#key = key;
    this.#policy = checkRekeyPolicy(policy);
  }

  /**
   * Seals the chunks, joined, into as few records as hold them and returns the buffers to write.
   *
   * Strings are sealed as UTF-8. Byte arrays of 32 KiB and more are read in place, in records of up to
   * 64 KiB, and none is kept or changed. Nothing to seal gives no buffers.
   * Throws `IPC_CHANNEL_CLOSED` after `close` or `drop`.
   */
  seal(chunks: readonly (string | Uint8Array)[]): Uint8Array[] {
    if (this.#closed) throw new CryptoError("IPC_CHANNEL_CLOSED", undefined);
    const out: Uint8Array[] = [];
    let filled = 0;
    for (const chunk of chunks) {
      let bytes: Uint8Array;
      if (typeof chunk === "string") {
        const room = MAX_RECORD_CONTENT - filled;
        if (chunk.length * 3 <= room || Buffer.byteLength(chunk) <= room) {
          filled += scratch.write(chunk, filled);
          continue;
        }
        bytes = Buffer.from(chunk);
      } else {
        bytes = chunk;
      }
      if (bytes.length >= DIRECT_BYTES) {
        filled = this.#sealInPlace(bytes, filled, out);
        continue;
      }
      if (bytes.length > MAX_RECORD_CONTENT - filled) {
        this.#sealScratch(filled, out);
        filled = 0;
      }
      scratch.set(bytes, filled);
      filled += bytes.length;
    }
    this.#sealScratch(filled, out);
    return out;
  }

  /**
   * Sets up the next record's cipher, which is nearly half of what sealing a small one costs. Call it when
   * nothing is urgent, as after a write. Holds some 2 KiB until the next record; does nothing after `close`
   * or `drop`.
   */
  prepare(): void {
    this.#key.prepareCipher();
  }

  /** Makes the last record and destroys the keys. Throws `IPC_CHANNEL_CLOSED`. */
  close(): Uint8Array {
    const record = sealRecord(this.#key, RECORD_TYPE.alert, CLOSE_NOTIFY);
    this.drop();
    return record;
  }

  /** Forgets the keys without a word to the peer. */
  drop(): void {
    this.#closed = true;
    this.#key.drop();
  }

  #sealScratch(length: number, out: Uint8Array[]): void {
    if (length === 0) return;
    this.#updateIfDue(length, out);
    scratch[length] = RECORD_TYPE.data;
    const header = recordHeader(length + RECORD_BODY_OVERHEAD);
    const cipher = this.#key.cipher();
    cipher.setAAD(header);
    const sealed = cipher.update(scratch.subarray(0, length + 1));
    cipher.final();
    const tag = cipher.getAuthTag();
    if (length > SINGLE_BUFFER_BYTES) {
      out.push(Buffer.from(header), sealed, tag);
      return;
    }
    const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + sealed.length + tag.length);
    record.set(header, 0);
    record.set(sealed, RECORD_HEADER_BYTES);
    record.set(tag, RECORD_HEADER_BYTES + sealed.length);
    out.push(record);
  }

  /**
   * Seals what fills the scratch so far, and a large array behind it where it lies. Answers the bytes of its end
   * that are in the scratch now, for the next record.
   */
  #sealInPlace(bytes: Uint8Array, filled: number, out: Uint8Array[]): number {
    let before = filled;
    let at = 0;
    while (bytes.length - at >= DIRECT_BYTES) {
      const content = bytes.subarray(at, at + MAX_RECORD_CONTENT - before);
      const length = before + content.length;
      this.#updateIfDue(length, out);
      const header = Buffer.from(recordHeader(length + RECORD_BODY_OVERHEAD));
      const cipher = this.#key.cipher();
      cipher.setAAD(header);
      out.push(header);
      if (before > 0) out.push(cipher.update(scratch.subarray(0, before)));
      out.push(cipher.update(content), cipher.update(DATA_TYPE));
      cipher.final();
      out.push(cipher.getAuthTag());
      at += content.length;
      before = 0;
    }
    if (before + bytes.length - at > MAX_RECORD_CONTENT) {
      this.#sealScratch(before, out);
      before = 0;
    }
    scratch.set(bytes.subarray(at), before);
    return before + bytes.length - at;
  }

  #updateIfDue(length: number, out: Uint8Array[]): void {
    const { recordsPerKey, bytesPerKey } = this.#policy;
    if (this.#key.sequence >= recordsPerKey - 1 || this.#bytes >= bytesPerKey) {
      out.push(sealRecord(this.#key, RECORD_TYPE.keyUpdate, EMPTY));
      this.#key.update();
      this.#bytes = 0;
    }
    this.#bytes += length;
  }
}
