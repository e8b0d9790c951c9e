import { ProtocolError } from "./error.ts";
import { Queue } from "./queue.ts";

/** Signs of life that make a peer brisk, so many as no handshake has. */
const briskSigns = 16;

/** Milliseconds within which one sign of a brisk peer follows the other. */
const briskWithin = 1_000;

/** Milliseconds by which any timer may be late without a blocked loop. */
export const toleratedLag = 10;

/** The longest time in milliseconds for which the peer is not judged after the own loop was blocked. */
const longestExcuse = 1_000;

/**
 * Puts the judgement of a peer off after the own loop was blocked: it has read nothing meanwhile. It turns for as
 * long again, at most a second, but once for each block.
 */
export class LagExcuse {
  /** The instant until which the peer is not judged. */
  #until = -Infinity;
  /** Milliseconds for which the loop was blocked; 0 when the peer was judged since. */
  #lag = 0;

  /** The instant before which no deadline of the peer is over. */
  get until(): number {
    return this.#until;
  }

  /** Tell whether the peer is not to be judged yet at an instant, by a timer that was `lag` milliseconds late. */
  excuses(now: number, lag: number): boolean {
    if (now < this.#until) return true;
    if (lag <= toleratedLag || this.#lag > 0) return false;
    this.#lag = lag;
    this.#until = now + Math.min(lag, longestExcuse);
    return true;
  }

  /** The peer is judged now: answers for how long the loop was blocked before, if that is more than `lag`. */
  take(lag: number): number {
    const most = Math.max(lag, this.#lag);
    this.#lag = 0;
    return most;
  }
}

/**
 * The error of a peer that did not answer in time: what was awaited, for how long, and the lag of this side's
 * own loop.
 */
export function timeoutError(
  code: "IPC_HANDSHAKE_TIMEOUT" | "IPC_HEARTBEAT_TIMEOUT",
  awaited: string,
  waited: number,
  lag: number,
): ProtocolError {
  const [waitedMs, lagMs] = [Math.round(waited), Math.round(lag)];
  return new ProtocolError(
    code,
    "peer",
    `Waited ${waitedMs} ms for ${awaited}; this side's own event loop was ${lagMs} ms late.`,
    { context: { waited: waitedMs, lag: lagMs } },
  );
}

/** The verdict on a peer's silence: nothing, a ping is due, or the peer is to be given up. */
export type LivenessVerdict = "alive" | "ping" | "dead";

/**
 * Judges from the bytes heard whether the peer of a connection lives.
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
  /** The instant at which `judge` has something to say; Infinity if never. */
  deadline: number;
  #heardAt: number;
  /** The instant at which a ping was asked for, since something was heard; -1 for none. */
  #askedAt = -1;
  /** The instant at which the last ping left that has no answer; -1 for none. */
  #pingedAt = -1;
  #roundTrip: number | undefined;
  #signs = 0;

  /** Durations in milliseconds; an interval of 0 turns the heartbeat off. */
  constructor(interval: number, timeout: number, now: number) {
    this.#interval = interval === 0 ? Infinity : interval;
    this.#timeout = timeout;
    this.#heardAt = now;
    this.deadline = now + this.#interval;
  }

  /** Bytes have come. */
  heard(now: number): void {
    this.#signs = now - this.#heardAt < briskWithin ? this.#signs + 1 : 0;
    this.#heardAt = now;
    this.#askedAt = -1;
    this.deadline = now + this.#interval;
  }

  /** True if the last signs of life came one shortly after the other: the next one is to be expected. */
  get isBrisk(): boolean {
    return this.#signs >= briskSigns;
  }

  /** A ping leaves. */
  pinged(now: number): void {
    this.#pingedAt = now;
  }

  /** A pong has come, with what was heard last. */
  ponged(): void {
    if (this.#pingedAt < 0) return;
    this.#roundTrip = this.#heardAt - this.#pingedAt;
    this.#pingedAt = -1;
  }

  /** Milliseconds between the last ping and its answer; `undefined` before the first. */
  get roundTrip(): number | undefined {
    return this.#roundTrip;
  }

  /** Milliseconds without a byte. */
  silence(now: number): number {
    return now - this.#heardAt;
  }

  /** Judge at an instant. The answer "ping" is given once per silence, then the timeout runs. */
  judge(now: number): LivenessVerdict {
    if (now < this.deadline) return "alive";
    if (this.#askedAt >= 0) return "dead";
    this.#askedAt = now;
    this.deadline = now + this.#timeout;
    return "ping";
  }
}

/**
 * Pings of the application that may be on their way at once: an application that sends more does not read the
 * answers.
 */
const maxOnTheirWay = 1024;

/** The pings that the application sent and the peer has not answered, oldest first. */
export class UserPings {
  readonly #times = new Queue<number>();

  /** Note a ping; false if too many are on their way. Throws `IPC_INVALID_OPTION` for no whole number from 1 on. */
  add(time: number): boolean {
    if (!Number.isSafeInteger(time) || time < 1) throw invalidTime(time);
    if (this.#times.size >= maxOnTheirWay) return false;
    this.#times.push(time);
    return true;
  }

  /** Take the answer off the list; false if it answers another ping than the next one, or none. */
  answer(time: number): boolean {
    if (this.#times.first !== time) return false;
    this.#times.shift();
    return true;
  }
}

function invalidTime(time: number): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `The time of a ping is ${time}; give a whole number of at least 1, such as Date.now().`,
    { context: { option: "time" } },
  );
}
