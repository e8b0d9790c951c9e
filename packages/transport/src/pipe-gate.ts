/**
 * A gate between the two ends of a memory pipe, for tests: it decides when and in which sizes
 * bytes pass, and can neither reorder nor change them.
 */
export interface PipeGate {
  /** Whether anything may pass now. */
  readonly open: boolean;
  /** Bytes have entered the pipe, or, with 0, its end has. */
  admit(byteLength: number): void;
  /** The content of the pipe was dropped, but for so many bytes at its head. */
  keep(bytes: number): void;
  /** The bytes of the next chunk: at least 1, at most those admitted and not yet let through. */
  nextSize(): number;
  /** A chunk of that size has been handed over. */
  letThrough(byteLength: number): void;
}
