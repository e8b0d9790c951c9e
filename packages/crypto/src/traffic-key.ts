import { CryptoError } from "./error.ts";
import { IPC_SUITE, expandLabel, type LabelSuite } from "./hkdf.ts";
import {
  gcmCipher,
  gcmDecipher,
  hmac,
  takeSecret,
  type CipherGCM,
  type DecipherGCM,
  type KeyObject,
} from "./primitives.ts";

/**
 * Most records under one key, the key update among them: 2^20 full records keep the advantage against
 * AES-GCM's confidentiality below 2^-65 (draft-irtf-cfrg-aead-limits-11, 5.1).
 */
export const MAX_RECORDS_PER_KEY: number = 2 ** 20;

const EMPTY = Buffer.alloc(0);
/** The nonce of the record at hand: every cipher copies it at once, so that all keys share these bytes. */
const nonce = new Uint8Array(12);
const nonceView = new DataView(nonce.buffer);

/**
 * The traffic secret of one direction with the AES-256-GCM key and the nonces made from it.
 *
 *     key   = Expand-Label(secret, "key", "", 32)         RFC 8446, 7.3
 *     iv    = Expand-Label(secret, "iv", "", 12)
 *     nonce = iv XOR sequence, big-endian                 RFC 8446, 5.3
 *     next secret = Expand-Label(secret, "traffic upd", "", 48)   RFC 8446, 7.2
 *
 * A sequence number is spent by taking a cipher: it is never used twice and never wraps. A cipher made
 * ahead is of the present number, and is dropped with it.
 */
export class TrafficKey {
  readonly #suite: LabelSuite;
  #secret: KeyObject | undefined;
  #key: KeyObject | undefined;
  // The IV as three numbers of 32 bits, which an idle session keeps at no cost of their own.
  #ivHigh = 0;
  #ivMiddle = 0;
  #ivLow = 0;
  #sequence = 0;
  #nextCipher: CipherGCM | undefined;
  #nextDecipher: DecipherGCM | undefined;

  /** Takes the secret's bytes and overwrites them. */
  constructor(secret: Uint8Array, suite: LabelSuite = IPC_SUITE) {
    this.#suite = suite;
    this.#arm(takeSecret(secret));
  }

  /** The number of records that were sealed or opened under the present key. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The cipher of the next record to seal. */
  cipher(): CipherGCM {
    const cipher = this.#nextCipher ?? gcmCipher(this.#aim(), nonce);
    this.#advance();
    return cipher;
  }

  /** The decipher of the next record to open. */
  decipher(): DecipherGCM {
    const decipher = this.#nextDecipher ?? gcmDecipher(this.#aim(), nonce);
    this.#advance();
    return decipher;
  }

  /** Makes the next cipher ahead; does nothing if there is none to be had. */
  prepareCipher(): void {
    if (this.#isUsable) this.#nextCipher ??= gcmCipher(this.#aim(), nonce);
  }

  /** Makes the next decipher ahead; does nothing if there is none to be had. */
  prepareDecipher(): void {
    if (this.#isUsable) this.#nextDecipher ??= gcmDecipher(this.#aim(), nonce);
  }

  /** Spends one sequence number without a record, for tests of the last ones. */
  skipForTesting(): void {
    this.#aim();
    this.#advance();
  }

  /** The MAC of a transcript hash that proves this secret (RFC 8446, 4.4.4). */
  finished(transcriptHash: Uint8Array): Buffer {
    const { hash } = this.#suite;
    const key = takeSecret(this.#expand(this.#present(this.#secret), "finished", 48));
    return hmac(hash, key, transcriptHash);
  }

  /** Replaces the secret by the next one and begins at sequence 0; the old one cannot be found again. */
  update(): void {
    this.#arm(takeSecret(this.#expand(this.#present(this.#secret), "traffic upd", 48)));
  }

  /** Forgets the keys; every later use throws `IPC_CHANNEL_CLOSED`. */
  drop(): void {
    this.#secret = undefined;
    this.#key = undefined;
    this.#ivHigh = 0;
    this.#ivMiddle = 0;
    this.#ivLow = 0;
    this.#forgetPrepared();
  }

  #arm(secret: KeyObject): void {
    this.#secret = secret;
    this.#key = takeSecret(this.#expand(secret, "key", 32));
    const iv = this.#expand(secret, "iv", 12);
    this.#ivHigh = iv.readInt32BE(0);
    this.#ivMiddle = iv.readInt32BE(4);
    this.#ivLow = iv.readInt32BE(8);
    iv.fill(0);
    this.#sequence = 0;
    this.#forgetPrepared();
  }

  get #isUsable(): boolean {
    return this.#key !== undefined && this.#sequence < MAX_RECORDS_PER_KEY;
  }

  /** The present key, with the nonce set to the present sequence number. */
  #aim(): KeyObject {
    const key = this.#present(this.#key);
    if (this.#sequence === MAX_RECORDS_PER_KEY) {
      throw new CryptoError("IPC_SEQUENCE_EXHAUSTED", { limit: MAX_RECORDS_PER_KEY });
    }
    // The upper half of the 64-bit sequence number is always zero below the limit.
    nonceView.setInt32(0, this.#ivHigh);
    nonceView.setInt32(4, this.#ivMiddle);
    nonceView.setInt32(8, this.#ivLow ^ this.#sequence);
    return key;
  }

  #advance(): void {
    this.#sequence += 1;
    this.#forgetPrepared();
  }

  #forgetPrepared(): void {
    this.#nextCipher = undefined;
    this.#nextDecipher = undefined;
  }

  #expand(secret: KeyObject, label: string, length: number): Buffer {
    return expandLabel(this.#suite, secret, label, EMPTY, length);
  }

  #present(key: KeyObject | undefined): KeyObject {
    if (key === undefined) throw new CryptoError("IPC_CHANNEL_CLOSED", undefined);
    return key;
  }
}
