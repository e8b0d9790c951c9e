import { isError, quoted } from "@ipc/protocol";
import { abortError, Timeout } from "@ipc/transport";
import { offAbort, onAbort } from "../calls/shared-signal.ts";
import { IPCError } from "../errors.ts";
import type { ConnectOptions } from "../options.ts";

/** The attempts so far. */
interface Attempts {
  /** The name that is dialled. */
  readonly endpoint: string;
  /** The error of the last attempt; `undefined` if none has failed since the last session. */
  failure: unknown;
}

/** A promise of `connect` that is not settled yet. */
class PendingConnect<T> {
  readonly promise: Promise<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: Timeout | undefined;
  readonly #giveUp: (connect: PendingConnect<T>, error: Error) => void;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  constructor(
    { signal, timeout }: ConnectOptions,
    attempts: Attempts,
    giveUp: (connect: PendingConnect<T>, error: Error) => void,
  ) {
    this.#giveUp = giveUp;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (timeout !== undefined) {
      // The client's own attempts hold the process, unless it is unref'ed.
      this.#timeout = new Timeout(timeout, () => giveUp(this, timeoutError(timeout, attempts)));
    }
    if (signal !== undefined) onAbort(signal, this.#abort);
  }

  resolve(value: T): void {
    this.#release();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#release();
    this.#reject(error);
  }

  /** Handles the rejection, so that the application need not await the promise. */
  async ignoreRejection(): Promise<void> {
    await this.promise.catch(() => undefined);
  }

  readonly #abort = (): void => {
    if (this.#signal !== undefined) this.#giveUp(this, abortError(this.#signal, aborted));
  };

  #release(): void {
    this.#timeout?.clear();
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
  }
}

/** The owner of the promises. */
export interface PendingConnectsOwner {
  /** Called when a promise is given up by its timeout or signal. Answers true if `error` has a listener. */
  handleGivenUp(error: Error): boolean;
  /** Called when the last promise is given up by its timeout or signal. */
  handleAllGivenUp(): void;
}

/** The promises of `connect` that are not settled yet. */
export class PendingConnects<T> {
  readonly #pending = new Set<PendingConnect<T>>();
  readonly #owner: PendingConnectsOwner;
  readonly #attempts: Attempts;

  constructor(endpoint: string, owner: PendingConnectsOwner) {
    this.#attempts = { endpoint, failure: undefined };
    this.#owner = owner;
  }

  /** Notes the error of an attempt after which another one follows. */
  noteFailure(error: unknown): void {
    this.#attempts.failure = error;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Makes a promise with its own timeout and signal. The signal is not aborted yet. */
  add(options: ConnectOptions): Promise<T> {
    const giveUp = (connect: PendingConnect<T>, error: Error): void => {
      this.#pending.delete(connect);
      if (this.#owner.handleGivenUp(error)) void connect.ignoreRejection();
      connect.reject(error);
      if (this.#pending.size === 0) this.#owner.handleAllGivenUp();
    };
    const connect = new PendingConnect<T>(options, this.#attempts, giveUp);
    this.#pending.add(connect);
    return connect.promise;
  }

  /** Makes a promise that is rejected by a signal that is aborted already. */
  refuse(signal: AbortSignal): Promise<T> {
    const error = abortError(signal, aborted);
    const promise = Promise.reject<T>(error);
    if (this.#owner.handleGivenUp(error)) promise.catch(ignore);
    return promise;
  }

  /** Fulfils all promises. */
  resolve(value: T): void {
    this.#attempts.failure = undefined;
    for (const connect of this.#take()) connect.resolve(value);
  }

  /** Rejects all promises. If the error is `reported` to a listener, they need not be awaited. */
  reject(error: unknown, reported: boolean): void {
    for (const connect of this.#take()) {
      if (reported) void connect.ignoreRejection();
      connect.reject(error);
    }
  }

  #take(): readonly PendingConnect<T>[] {
    const pending = [...this.#pending];
    this.#pending.clear();
    return pending;
  }
}

function ignore(): void {
  // The error is reported to a listener of `error`.
}

function aborted(reason: unknown): IPCError {
  const text = "connect() was aborted by its signal; the cause is the reason.";
  return new IPCError("IPC_ABORTED", text, { cause: reason });
}

function timeoutError(timeout: number, { endpoint, failure }: Attempts): IPCError {
  const last = isError(failure) ? ` The last attempt failed: ${failure.message}` : "";
  return new IPCError(
    "IPC_CONNECT_TIMEOUT",
    `connect() to ${quoted(endpoint, 256)} waited ${timeout} ms, and no server accepted a session in that time.${last}`,
    { cause: failure },
  );
}
