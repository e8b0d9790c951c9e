import type { Place } from "./endpoint.ts";

/** The process that wants a place, and how. */
export interface Starter {
  readonly uid: number;
  /** Permission bits of the socket. */
  readonly mode: number;
  /** Take a lock as well: where a full backlog refuses, a busy owner would look dead (macOS). */
  readonly locks: boolean;
  /** A name never used before, of `CLAIM_NAME_LENGTH` characters from `[0-9a-f]`. */
  freshName(): string;
}

/** A listening socket of ours and the place it is for. */
export interface Claim {
  readonly place: Place;
  /** The random name r. */
  readonly name: string;
  /** Where its sockets were bound: what to `shut`. */
  readonly bound: readonly string[];
  /** The identity of the published socket; undefined before it is published. */
  readonly identity?: string | undefined;
}
