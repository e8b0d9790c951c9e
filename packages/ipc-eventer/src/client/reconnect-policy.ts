import type { SessionEnd } from "@ipc/protocol";
import { codeOf, endsByTime, isAbsent, isFinal, isPassing } from "../errors.ts";

/** Milliseconds within which a prompt attempt is made. */
const promptMs = 50;

/** Milliseconds after which a connection is stable and clears the count of failures. */
const stableMs = 5_000;

export interface BackoffOptions {
  /** Mean milliseconds to the second attempt in a row. */
  readonly interval: number;
  /** The longest mean. */
  readonly maxInterval: number;
  /** Numbers from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/**
 * The wait of a client before it dials again.
 *
 * The attempt after the first loss is made at once, whatever the age of the connection, and so is that
 * after each loss of a stable one. After that the mean wait doubles
 * from `interval` to `maxInterval`; each wait is drawn evenly from 0 to twice the mean (full jitter,
 * applied after the cap), so that clients that lost the same server do not reconnect at the same moments.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;
  /** True while a prompt attempt is allowed; each stable connection allows one more. */
  #mayHurry = true;
  #connectedAt: number | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Notes that a session is open. */
  connected(now: number): void {
    this.#connectedAt = now;
  }

  /** Returns the wait after a loss. It is not `prompt` when the server is closing. */
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

  /** Returns the wait after a failed attempt. */
  failed(): number {
    const { interval, maxInterval, random } = this.#options;
    const mean = Math.min(maxInterval, interval * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    return random() * 2 * mean;
  }

  /** Returns the wait for a busy server, which does not count as a failure. */
  soon(): number {
    return promptMs * (1 + this.#options.random());
  }

  /** Returns a wait of the longest mean, for errors that last until something is changed. */
  atCap(): number {
    return this.#options.maxInterval * 2 * this.#options.random();
  }
}

/** The decision after a failed attempt. */
export interface AfterFailure {
  /** Milliseconds to the next attempt; `undefined` if there is none. */
  readonly wait: number | undefined;
  /** True if the error is not reported: it is expected to pass in a moment. */
  readonly silent: boolean;
}

/** Milliseconds of a blocked event loop after which a server may have given up because of it. */
const blockedFrom = 100;

/** The most attempts in a row that may fail for that reason without a report. */
const mostExcused = 3;

/** Options of a client's attempts to connect. */
export interface ReconnectPolicyOptions {
  readonly reconnect: boolean;
  readonly backoff: Backoff;
  /** Milliseconds for which a busy server is dialled again without a report. */
  readonly patience: number;
}

/** Decides whether and when a client dials again. The caller gives the time. */
export class ReconnectPolicy {
  readonly #options: ReconnectPolicyOptions;
  #established = false;
  #patientUntil = 0;
  #moving = false;
  #excused = 0;

  constructor(options: ReconnectPolicyOptions) {
    this.#options = options;
  }

  /** True for a client with `reconnect` from its first session until it gives up or disconnects. */
  get persists(): boolean {
    return this.#established;
  }

  /** Handles a call of `connect`. */
  begin(now: number): void {
    this.#patientUntil = now + this.#options.patience;
    this.#excused = 0;
  }

  /** Handles a server that hands over: the next one will listen in a moment. */
  move(now: number): void {
    this.#moving = true;
    this.#patientUntil = now + this.#options.patience;
  }

  /** Notes that a session is open. */
  connected(now: number): void {
    this.#established = this.#options.reconnect;
    this.#moving = false;
    this.#excused = 0;
    this.#options.backoff.connected(now);
  }

  /** Handles a call of `disconnect`: the client is not to connect again. */
  giveUp(): void {
    this.#established = false;
    this.#moving = false;
  }

  /** Returns the milliseconds from a lost session to the next attempt; `undefined` if there is none. */
  afterLoss(end: SessionEnd, now: number): number | undefined {
    const dismissed = end.reason === "kicked" || end.reason === "replaced";
    // A client that has disconnected before the loss was noticed does not dial again.
    if (!this.#established || dismissed) {
      this.giveUp();
      return undefined;
    }
    return this.#options.backoff.lost(now, this.#moving || end.reason !== "server-closing");
  }

  /** Decides after a failed attempt, during which the event loop was `blocked` for so many milliseconds. */
  afterFailure(error: unknown, now: number, blocked = 0): AfterFailure {
    const { backoff, reconnect } = this.#options;
    // The server may have given up because this process was blocked.
    if (blocked >= blockedFrom && endsByTime(error) && this.#excused++ < mostExcused) {
      return { wait: backoff.soon(), silent: true };
    }
    const passing = isPassing(error) || (this.#moving && isAbsent(error));
    if (passing && now < this.#patientUntil) return { wait: backoff.soon(), silent: true };
    const dismissed = codeOf(error) === "IPC_REFUSED_BY_SERVER";
    const final = isFinal(error);
    // Once a session was open, another program at the endpoint must not stop the client.
    if (!reconnect || dismissed || (final && !this.#established)) {
      this.giveUp();
      return { wait: undefined, silent: false };
    }
    if (final) return { wait: backoff.atCap(), silent: false };
    return { wait: passing ? backoff.soon() : backoff.failed(), silent: false };
  }
}
