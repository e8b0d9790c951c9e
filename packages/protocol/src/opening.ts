import type { DeclaredLimits, SessionLimits } from "./limits.ts";
import { encodePreface, parsePreface, type Role } from "./preface.ts";
import { PrefaceReader } from "./preface-reader.ts";

/** What the first lines of a connection settled: the peer's limits, and the bytes that came after. */
export interface Opened {
  readonly peer: DeclaredLimits;
  /** What followed the preface in the same chunk. */
  readonly rest: Uint8Array;
}

/** The exchange of prefaces at the beginning of a connection. */
export class Opening {
  /** The preface line of this side, LF included. */
  readonly preface: string;
  readonly #role: Role;
  readonly #reader = new PrefaceReader();

  constructor(role: Role, limits: SessionLimits) {
    this.#role = role;
    this.preface = encodePreface(role, limits);
  }

  /** Take one chunk; `undefined` until the peer's preface is whole. Throws what `parsePreface` throws. */
  read(chunk: Uint8Array): Opened | undefined {
    const taken = this.#reader.read(chunk);
    if (taken === 0) return undefined;
    const preface = parsePreface(this.#reader.line.subarray(0, -1), this.#role);
    return { peer: preface.limits, rest: chunk.subarray(taken) };
  }
}
