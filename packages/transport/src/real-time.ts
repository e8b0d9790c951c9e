import { performance } from "node:perf_hooks";
import timers from "node:timers";

import { isError } from "./errors.ts";

/** Parts of a timeout, each of which a blocked loop can use up at most. */
const parts = 8;

/** The shortest part of a timeout in milliseconds: a timer of Node.js is a millisecond late anyway. */
const leastPart = 10;

/** The clock and the timers of a process. */
export interface RealTime {
  /** Milliseconds since the process began; it never runs backwards. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly date: () => number;
  readonly setTimeout: typeof timers.setTimeout;
  readonly clearTimeout: typeof timers.clearTimeout;
  readonly setInterval: typeof timers.setInterval;
  readonly clearInterval: typeof timers.clearInterval;
  readonly setImmediate: typeof timers.setImmediate;
  readonly nextTick: typeof process.nextTick;
}

/**
 * The clock and the timers of the process, taken once, when the library is imported: tests that fake
 * time later, as `mock.timers` of node:test and `vi.useFakeTimers` do, leave connections alone. From
 * the modules, since the globals of a vm context may be others.
 */
export const realTime: RealTime = {
  now: performance.now.bind(performance),
  date: Date.now,
  setTimeout: timers.setTimeout,
  clearTimeout: timers.clearTimeout,
  setInterval: timers.setInterval,
  clearInterval: timers.clearInterval,
  setImmediate: timers.setImmediate,
  // oxlint-disable-next-line typescript/unbound-method -- it makes no use of `this`
  nextTick: process.nextTick,
};

/** Fulfilled after the poll of this turn of the loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    realTime.setImmediate(resolve);
  });
}

/** Fulfilled after so many milliseconds. */
export function delay(milliseconds: number, refed = true): Promise<void> {
  return new Promise((resolve) => {
    const timer = realTime.setTimeout(resolve, milliseconds);
    if (!refed) timer.unref();
  });
}

/**
 * A timeout on the work of others, which is not over because the own loop was blocked.
 *
 * It passes in parts, and a part that ends late counts no more than it was to take. When the last one
 * is over, one more poll reads what has come meanwhile.
 */
export class Timeout {
  readonly #whenOver: () => void;
  readonly #refed: boolean;
  readonly #part: number;
  #left: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** `milliseconds` until `whenOver` is called. Unless `refed`, it does not keep the process alive. */
  constructor(milliseconds: number, whenOver: () => void, refed = false) {
    this.#whenOver = whenOver;
    this.#refed = refed;
    this.#part = Math.max(leastPart, Math.ceil(milliseconds / parts));
    this.#left = milliseconds;
    this.#wait();
  }

  /** Wait no longer. */
  clear(): void {
    this.#isOver = true;
    realTime.clearTimeout(this.#timer);
  }

  /** A part is over. */
  handleTimer(): void {
    if (this.#left > 0) this.#wait();
    else realTime.setImmediate(end, this);
  }

  /** The poll after the last part is over. */
  handleEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#whenOver();
  }

  #wait(): void {
    const part = Math.min(this.#part, this.#left);
    this.#left -= part;
    this.#timer = realTime.setTimeout(pass, part, this);
    if (!this.#refed) this.#timer.unref();
  }
}

// Shared functions with their subject as argument: no closure per timer.
function pass(timeout: Timeout): void {
  timeout.handleTimer();
}

function end(timeout: Timeout): void {
  timeout.handleEnd();
}

/** Throws an error as an uncaught exception, in the next tick: the caller goes on. */
export function throwLater(error: unknown): void {
  realTime.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}

/** Returns the reason of an aborted signal if that is an error, or else the error that `wrap` makes of it. */
export function abortError(signal: AbortSignal, wrap: (reason: unknown) => Error): Error {
  const reason: unknown = signal.reason;
  return isError(reason) ? reason : wrap(reason);
}

/** Makes the error with which Node.js rejects an aborted operation. */
function nodeAbortError(cause: unknown): Error {
  const error = new Error("The operation was aborted by its signal; the cause is the reason.", {
    cause,
  });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

/**
 * Runs work under a signal that aborts at the caller's signal, with its reason as an error, or after `timeout`
 * milliseconds of a loop that turns, with `lateError()`. Timer and listener are gone when the work has ended.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limits: { signal?: AbortSignal | undefined; timeout?: number | undefined },
  lateError: () => Error,
): Promise<T> {
  const { signal, timeout } = limits;
  if (signal?.aborted === true) throw abortError(signal, nodeAbortError);
  const controller = new AbortController();
  const follow = (): void => {
    if (signal !== undefined) controller.abort(abortError(signal, nodeAbortError));
  };
  const timer =
    timeout === undefined
      ? undefined
      : new Timeout(timeout, () => controller.abort(lateError()), true);
  signal?.addEventListener("abort", follow, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    timer?.clear();
    signal?.removeEventListener("abort", follow);
  }
}
