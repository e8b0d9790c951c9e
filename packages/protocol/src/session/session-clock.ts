import { ProtocolError } from "../error.ts";
import type { SessionLimits } from "../limits.ts";
import type { SessionState } from "./session-state.ts";
import { Queue } from "../queue.ts";

/**
 * The verdict of the clock on a session: ping, end for good, or give up: it was not recovered in time, or
 * over an error.
 */
export type ClockVerdict = "nothing" | "ping" | "finish" | "lost" | ProtocolError;

/** Signs of life that make a peer brisk, so many as no handshake has. */
const briskSigns = 16;

/** Milliseconds within which one sign of a brisk peer follows the other. */
const briskWithin = 1_000;

/** The deadlines of a session: handshake, heartbeat, close. Reading the clock is the driver's. */
export class SessionClock {
  readonly #limits: SessionLimits;
  readonly #liveness: Liveness;
  readonly #startedAt: number;
  #now: number;
  #pingedAt: number | undefined;
  #roundTrip: number | undefined;
  #signs = 0;

  constructor(limits: SessionLimits, now: number) {
    this.#limits = limits;
    this.#liveness = new Liveness(limits.heartbeatInterval, limits.heartbeatTimeout, now);
    this.#startedAt = now;
    this.#now = now;
  }

  /** Note the time. */
  set(now: number): void {
    this.#now = now;
  }

  /** Note a sign of life of the peer. */
  heard(now: number): void {
    this.#signs = this.#liveness.silence(now) < briskWithin ? this.#signs + 1 : 0;
    this.#now = now;
    this.#liveness.heard(now);
  }

  /** True if the last signs of life came one shortly after the other: the next one is to be expected. */
  get isBrisk(): boolean {
    return this.#signs >= briskSigns;
  }

  /** Milliseconds between the last ping and its answer; `undefined` before the first. */
  get roundTrip(): number | undefined {
    return this.#roundTrip;
  }

  /** Note that a ping leaves. */
  pinged(now: number): void {
    this.#pingedAt = now;
  }

  /** Note that its answer has come. */
  ponged(): void {
    if (this.#pingedAt === undefined) return;
    this.#roundTrip = this.#now - this.#pingedAt;
    this.#pingedAt = undefined;
  }

  /** The time when it was last noted. */
  get now(): number {
    return this.#now;
  }

  /** The instant until which a session that closes now may take. */
  get closeDeadline(): number {
    return this.#now + this.#limits.closeTimeout;
  }

  /** The instant at which `judge` has something to say of a state; Infinity if never. */
  deadline(state: SessionState): number {
    switch (state.phase) {
      case "preface":
      case "hello":
      case "welcome":
        return this.#startedAt + this.#limits.handshakeTimeout;
      case "open":
        return this.#liveness.deadline;
      case "closing":
      case "parked":
        return state.deadline;
      case "accepting":
      case "merged":
      case "closed":
        return Infinity;
    }
  }

  /** Judge a state at an instant. `lag` is how late the driver's timer fired, for the error's text. */
  judge(state: SessionState, now: number, lag: number): ClockVerdict {
    this.#now = now;
    if (now < this.deadline(state)) return "nothing";
    if (state.phase === "closing") return "finish";
    if (state.phase === "parked") return "lost";
    if (state.phase !== "open") {
      const waited = now - this.#startedAt;
      return timeoutError("IPC_HANDSHAKE_TIMEOUT", `its ${state.phase}`, waited, lag);
    }
    if (this.#liveness.judge(now) === "ping") return "ping";
    const silence = this.#liveness.silence(now);
    return timeoutError("IPC_HEARTBEAT_TIMEOUT", "a sign of life", silence, lag);
  }
}

/**
 * The error of a peer that did not answer in time: what was awaited, for how long, and the lag of this side's
 * own loop.
 */
function timeoutError(
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

  /** Take the answer off the list; false if no such ping is the next to be answered. */
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
