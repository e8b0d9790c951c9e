import type { SecureChannel } from "@ipc/crypto";
import type { DeclaredLimits } from "../limits.ts";
import type { Refusal } from "./preface.ts";

/** The result of an opening: the peer's limits, how bytes are protected, and what came after. */
export interface Opened {
  readonly limits: DeclaredLimits;
  /** The features that the peer offers. */
  readonly features: readonly string[];
  /** The two halves of the encrypted channel; `undefined` in plaintext. */
  readonly channel?: SecureChannel | undefined;
  /** The bytes that followed in the same chunk. */
  readonly rest: Uint8Array;
}

/** Where an opening's own bytes go: they are never encrypted. */
export type Say = (bytes: string | Uint8Array) => void;

/** The beginning of a connection, up to the point where messages can go. */
export interface Opening {
  /** The instant at which `retry` may do what `read` could not; Infinity if never. */
  readonly retryAt: number;
  /** Take one chunk; `undefined` until the opening is over. Throws a protocol or crypto error. */
  read(chunk: Uint8Array, now: number): Opened | Refusal | undefined;
  /** Try again what had to wait. */
  retry(now: number): void;
}
