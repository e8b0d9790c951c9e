import type { SessionLimits } from "./limits.ts";
import { encodePreface, parsePreface, type Preface, type Refusal, type Role } from "./preface.ts";
import { PrefaceReader } from "./preface-reader.ts";

/** What the peer's first line was, and the bytes that came after it in the same chunk. */
export interface Opened {
  readonly first: Preface | Refusal;
  readonly rest: Uint8Array;
}

/** The exchange of prefaces at the beginning of a connection. */
export class Opening {
  /** The role of this side. */
  readonly role: Role;
  /** The preface line of this side, LF included. */
  readonly preface: string;
  readonly #reader = new PrefaceReader();

  constructor(role: Role, limits: SessionLimits) {
    this.role = role;
    this.preface = encodePreface(role, limits);
  }

  /** Take one chunk; `undefined` until the peer's line is whole. Throws what `parsePreface` throws. */
  read(chunk: Uint8Array): Opened | undefined {
    const taken = this.#reader.read(chunk);
    if (taken === 0) return undefined;
    const first = parsePreface(this.#reader.line.subarray(0, -1), this.role);
    return { first, rest: chunk.subarray(taken) };
  }
}
