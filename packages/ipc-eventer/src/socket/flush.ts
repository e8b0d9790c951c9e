import { Timeout } from "@ipc/transport";
import type { OptionNames } from "@ipc/protocol";
import { offAbort, onAbort } from "../calls/shared-signal.ts";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../errors.ts";
import { waitMistake } from "../option-mistakes.ts";

/** Options of `flush`. */
export interface FlushOptions {
  /** Milliseconds to wait. Default: as long as the session lasts; 0 is the same. */
  readonly timeout?: number | undefined;
  /** Gives the wait up. */
  readonly signal?: AbortSignal | undefined;
}

const flushOptions: OptionNames<FlushOptions> = { timeout: true, signal: true };

/** One wait for the peer to have heard everything, from `flush` to its outcome. */
export class Flush {
  readonly promise: Promise<void>;
  readonly #driver: Driver;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: Timeout | undefined;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(driver: Driver, { timeout = 0, signal }: FlushOptions) {
    this.#driver = driver;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal !== undefined) onAbort(signal, this.#abort);
    if (timeout > 0) {
      // The session that it waits for holds the process, or nothing does.
      this.#timeout = new Timeout(timeout, () => this.#giveUp(timeoutError(timeout)));
    }
  }

  /** Its outcome is known. */
  settle(error: unknown): void {
    this.#timeout?.clear();
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }

  readonly #abort = (): void => {
    if (this.#signal !== undefined) this.#giveUp(reasonOf(this.#signal));
  };

  #giveUp(reason: unknown): void {
    this.#driver.session.withdrawFlush(this);
    this.settle(reason);
  }
}

/** Wait for the peer of a driver to have heard everything. */
export function flush(driver: Driver, options: FlushOptions): Promise<void> {
  const mistake = waitMistake("flush", options, flushOptions);
  if (mistake !== undefined) return Promise.reject(mistake);
  if (options.signal?.aborted === true) return Promise.reject(reasonOf(options.signal));
  const wait = new Flush(driver, options);
  if (!driver.session.flush(wait)) wait.settle(notPossible(driver));
  driver.schedule();
  return wait.promise;
}

/** The reason of an aborted signal. Those of older polyfills have none. */
function reasonOf({ reason }: AbortSignal): unknown {
  return reason ?? new IPCError("IPC_ABORTED", "flush() was aborted by its signal.");
}

function notPossible(driver: Driver): IPCError {
  if (driver.session.phase === "open" || driver.session.phase === "parked") {
    return new IPCError(
      "IPC_FLUSH_UNSUPPORTED",
      "The peer is another implementation and acknowledges nothing, so that flush() cannot be answered. Make a call instead, and wait for its reply.",
    );
  }
  return new IPCError("IPC_CLOSED", "The session is over: what was not flushed is in `lost`.");
}

function timeoutError(timeout: number): IPCError {
  return new IPCError(
    "IPC_FLUSH_TIMEOUT",
    `The peer did not acknowledge everything within ${timeout} ms. What was emitted is still sent: give flush() a longer timeout, or call it again.`,
  );
}
