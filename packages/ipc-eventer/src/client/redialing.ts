import type { SessionEnd } from "@ipc/protocol";
import { codeOf, endsByTime, isAbsent, isFinal, isPassing } from "../error.ts";

/** The step after a failed attempt: another one after some milliseconds, or none. */
export interface AfterFailure {
  /** Milliseconds to the next attempt; `undefined` if there is none. */
  readonly wait: number | undefined;
  /** True if the error is of a moment and not worth telling. */
  readonly silent: boolean;
}

/** Milliseconds for which the own loop was blocked, from which on a server may have given up for that. */
const blockedFrom = 100;

/** Attempts in a row that may fail for that and are not reported. */
const mostExcused = 3;

/** How a client dials again. */
export interface RedialingOptions {
  readonly reconnect: boolean;
  readonly backoff: Backoff;
  /** Milliseconds for which a server that is merely busy is asked again and nothing is reported. */
  readonly patience: number;
}

/** Decides whether and when a client dials again. Reading the clock is the caller's. */
export class Redialing {
  readonly #options: RedialingOptions;
  #established = false;
  #patientUntil = 0;
  #moving = false;
  #excused = 0;

  constructor(options: RedialingOptions) {
    this.#options = options;
  }

  /** True from the first session of a client that is to stay connected until it gives up or disconnects. */
  get persists(): boolean {
    return this.#established;
  }

  /** The application wants to be connected. */
  begin(now: number): void {
    this.#patientUntil = now + this.#options.patience;
    this.#excused = 0;
  }

  /** The server makes room for another one, which will be there in a moment. */
  move(now: number): void {
    this.#moving = true;
    this.#patientUntil = now + this.#options.patience;
  }

  /** A session is open. */
  connected(now: number): void {
    this.#established = this.#options.reconnect;
    this.#moving = false;
    this.#excused = 0;
    this.#options.backoff.connected(now);
  }

  /** The application no longer wants to be connected. */
  giveUp(): void {
    this.#established = false;
    this.#moving = false;
  }

  /** The session was lost: milliseconds to the next attempt, `undefined` if there is none. */
  afterLoss(end: SessionEnd, now: number): number | undefined {
    const sentAway = end.reason === "kicked" || end.reason === "replaced";
    // A client that has given up before hearing of the loss does not dial again.
    if (!this.#established || sentAway) {
      this.giveUp();
      return undefined;
    }
    return this.#options.backoff.lost(now, this.#moving || end.reason !== "server-closing");
  }

  /** An attempt has failed, during which the own loop was `blocked` for so many milliseconds. */
  afterFailure(error: unknown, now: number, blocked = 0): AfterFailure {
    const { backoff, reconnect } = this.#options;
    // The server may have waited too long for this process, which says nothing of the server.
    if (blocked >= blockedFrom && endsByTime(error) && this.#excused++ < mostExcused) {
      return { wait: backoff.soon(), silent: true };
    }
    const passing = isPassing(error) || (this.#moving && isAbsent(error));
    if (passing && now < this.#patientUntil) return { wait: backoff.soon(), silent: true };
    const sentAway = codeOf(error) === "IPC_REFUSED_BY_SERVER";
    const final = isFinal(error);
    // After a session was open once, an impostor or a wrong server must not silence the client for ever.
    if (!reconnect || sentAway || (final && !this.#established)) {
      this.giveUp();
      return { wait: undefined, silent: false };
    }
    if (final) return { wait: backoff.atCap(), silent: false };
    return { wait: passing ? backoff.soon() : backoff.failed(), silent: false };
  }
}

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
