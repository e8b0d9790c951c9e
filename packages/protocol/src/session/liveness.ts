/** The verdict on a peer's silence: nothing, a ping is due, or the peer is to be given up. */
export type LivenessVerdict = "alive" | "ping" | "dead";

/**
 * Judges from the bytes heard whether the peer lives.
 *
 * ```
 *   heard ── interval of silence ──> ping ── timeout without a byte ──> dead
 * ```
 *
 * Any byte counts as life. Reading the clock is the caller's.
 */
export class Liveness {
  readonly #interval: number;
  readonly #timeout: number;
  #heardAt: number;
  #pingedAt = -1;

  /** Durations in milliseconds; an interval of 0 turns the heartbeat off. */
  constructor(interval: number, timeout: number, now: number) {
    this.#interval = interval;
    this.#timeout = timeout;
    this.#heardAt = now;
  }

  /** Bytes have come. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = -1;
  }

  /** The instant at which `judge` has something to say; Infinity if never. */
  get deadline(): number {
    if (this.#interval === 0) return Infinity;
    return this.#pingedAt < 0 ? this.#heardAt + this.#interval : this.#pingedAt + this.#timeout;
  }

  /** Milliseconds without a byte. */
  silence(now: number): number {
    return now - this.#heardAt;
  }

  /** Judge at an instant. The answer "ping" is given once per silence, then the timeout runs. */
  judge(now: number): LivenessVerdict {
    if (now < this.deadline) return "alive";
    if (this.#pingedAt >= 0) return "dead";
    this.#pingedAt = now;
    return "ping";
  }
}
