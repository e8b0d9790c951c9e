import type { RecordSealer } from "@ipc/crypto";
import type { DeclaredLimits } from "../limits.ts";
import {
  encodePreface,
  type Offer,
  parsePreface,
  type Role,
  PrefaceReader,
  type PrefaceRefusal,
} from "./preface.ts";
import type { ByteReader, RecordReader } from "./record-reader.ts";

/** The result of an opening: the peer's limits, how bytes are protected, and what came after. */
export interface Opened {
  readonly limits: DeclaredLimits;
  /** The features that the peer offers. */
  readonly features: readonly string[];
  /** The protection of everything that follows; `undefined` in plaintext. */
  readonly protection?: Protection | undefined;
  /** The bytes that followed in the same chunk. */
  readonly rest: Uint8Array;
}

/** The two halves of an encrypted channel. */
export interface Protection {
  /** Seals what this side says. */
  readonly sealer: RecordSealer;
  /** The reader of the peer's records, which hands what they hold to the next one. */
  openFor(next: ByteReader): RecordReader;
}

/** The password's part in the connections of a session; `createSecurity` of `@ipc/protocol/secure` makes it. */
export interface SessionSecurity {
  /** Begin the opening of a connection. */
  open(role: Role, offer: Offer, say: Say): Opening;
}

/** Takes an opening's own bytes, which are never encrypted. */
export type Say = (bytes: string | Uint8Array) => void;

/** The beginning of a connection, up to the point where messages can go. */
export interface Opening {
  /** The instant at which `retry` may do what `read` could not; Infinity if never. */
  readonly retryAt: number;
  /** Take one chunk; `undefined` until the opening is over. Throws a protocol or crypto error. */
  read(chunk: Uint8Array, now: number): Opened | PrefaceRefusal | undefined;
  /** Try again what had to wait. */
  retry(now: number): void;
}

/** The exchange of prefaces without a password. */
export class PlainOpening implements Opening {
  readonly retryAt: number = Infinity;
  readonly #role: Role;
  readonly #offer: Offer;
  readonly #say: Say;
  readonly #reader = new PrefaceReader();

  constructor(role: Role, offer: Offer, say: Say) {
    this.#role = role;
    this.#offer = offer;
    this.#say = say;
    if (role === "client") say(encodePreface(role, offer));
  }

  read(chunk: Uint8Array): Opened | PrefaceRefusal | undefined {
    const taken = this.#reader.read(chunk);
    if (taken === 0) return undefined;
    const first = parsePreface(
      this.#reader.line.subarray(0, -1),
      this.#role,
      "plain",
      this.#offer.serialization,
    );
    if ("bye" in first) return first;
    if (this.#role === "server") this.#say(encodePreface(this.#role, this.#offer));
    return { limits: first.limits, features: first.features, rest: chunk.subarray(taken) };
  }

  retry(): void {
    // A plaintext opening waits for nothing but the peer.
  }
}
