/** An attempt that is made at once comes within this many milliseconds. */
const promptMs = 50;

/** A connection that held for so many milliseconds clears the record of failures. */
const stableMs = 5_000;

export interface BackoffOptions {
  /** Mean milliseconds to the second attempt in a row. */
  readonly interval: number;
  /** The mean grows up to this. */
  readonly maxInterval: number;
  /** Numbers from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/**
 * How long a client waits before it dials again.
 *
 * The attempt after the first loss is made at once, whatever the age of the connection, and so is that
 * after each loss of a stable one. After that the mean wait doubles
 * from `interval` to `maxInterval`; each wait is drawn evenly from 0 to twice the mean (full jitter,
 * applied after the cap), so that clients that lost the same server do not come back in step.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;
  /** True until the next attempt that is made at once; a stable connection allows one more. */
  #mayHurry = true;
  #connectedAt: number | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** A session is open. */
  connected(now: number): void {
    this.#connectedAt = now;
  }

  /** The connection was lost: milliseconds to wait. Not `prompt` when the server asked for patience. */
  lost(now: number, prompt: boolean): number {
    if (this.#connectedAt !== undefined && now - this.#connectedAt >= stableMs) {
      this.#failures = 0;
      this.#mayHurry = true;
    }
    this.#connectedAt = undefined;
    if (!prompt || !this.#mayHurry || this.#failures > 0) return this.failed();
    this.#mayHurry = false;
    return this.#options.random() * promptMs;
  }

  /** An attempt failed: milliseconds to wait. */
  failed(): number {
    const { interval, maxInterval, random } = this.#options;
    const mean = Math.min(maxInterval, interval * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    return random() * 2 * mean;
  }

  /** A full backlog passes soon: an attempt that counts as no failure. */
  soon(): number {
    return promptMs * (1 + this.#options.random());
  }

  /** The longest mean wait, for errors that time alone does not mend. */
  atCap(): number {
    return this.#options.maxInterval * 2 * this.#options.random();
  }
}
