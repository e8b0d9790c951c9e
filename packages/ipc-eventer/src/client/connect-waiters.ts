import { isError, quoted } from "@ipc/protocol";
import { Timeout } from "@ipc/transport";
import { offAbort, onAbort } from "../calls/shared-signal.ts";
import { IPCError } from "../error.ts";
import type { ConnectOptions } from "../options.ts";

/** The attempts so far. */
interface Attempts {
  /** The name that is dialled. */
  readonly endpoint: string;
  /** The error of the last attempt; `undefined` if none has failed since the last session. */
  failure: unknown;
}

/** One promise of `connect` that is not settled yet. */
class ConnectWaiter<T> {
  readonly promise: Promise<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: Timeout | undefined;
  readonly #giveUp: (waiter: ConnectWaiter<T>, error: Error) => void;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  constructor(
    { signal, timeout }: ConnectOptions,
    attempts: Attempts,
    giveUp: (waiter: ConnectWaiter<T>, error: Error) => void,
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
    this.#letGo();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#letGo();
    this.#reject(error);
  }

  /** Say that the promise need not be awaited. */
  async excuse(): Promise<void> {
    await this.promise.catch(() => undefined);
  }

  readonly #abort = (): void => {
    if (this.#signal !== undefined) this.#giveUp(this, abortReason(this.#signal));
  };

  #letGo(): void {
    this.#timeout?.clear();
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
  }
}

/** The owner of the promises, which is told of their ends. */
export interface ConnectWaitersOwner {
  /** A promise has given up by itself. True if the application was told, and need not await it. */
  handleGivenUp(error: Error): boolean;
  /** The last promise has given up by itself. */
  handleDeserted(): void;
}

/** The promises of `connect` that are not settled yet. */
export class ConnectWaiters<T> {
  readonly #waiters = new Set<ConnectWaiter<T>>();
  readonly #owner: ConnectWaitersOwner;
  readonly #attempts: Attempts;

  constructor(endpoint: string, owner: ConnectWaitersOwner) {
    this.#attempts = { endpoint, failure: undefined };
    this.#owner = owner;
  }

  /** An attempt has failed, and another one is to follow. */
  noteFailure(error: unknown): void {
    this.#attempts.failure = error;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** One more promise, which gives up at its own timeout or signal. The signal is not aborted yet. */
  add(options: ConnectOptions): Promise<T> {
    const giveUp = (deserter: ConnectWaiter<T>, error: Error): void => {
      this.#waiters.delete(deserter);
      if (this.#owner.handleGivenUp(error)) void deserter.excuse();
      deserter.reject(error);
      if (this.#waiters.size === 0) this.#owner.handleDeserted();
    };
    const waiter = new ConnectWaiter<T>(options, this.#attempts, giveUp);
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  /** A promise that its signal, which is aborted already, rejects at once: it does not wait. */
  refuse(signal: AbortSignal): Promise<T> {
    const error = abortReason(signal);
    const promise = Promise.reject<T>(error);
    if (this.#owner.handleGivenUp(error)) promise.catch(ignore);
    return promise;
  }

  /** Fulfil all promises. */
  resolve(value: T): void {
    this.#attempts.failure = undefined;
    for (const waiter of this.#take()) waiter.resolve(value);
  }

  /** Reject all promises. If the application was told of the error, they need not be awaited too. */
  reject(error: unknown, told: boolean): void {
    for (const waiter of this.#take()) {
      if (told) void waiter.excuse();
      waiter.reject(error);
    }
  }

  #take(): readonly ConnectWaiter<T>[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    return waiters;
  }
}

function ignore(): void {
  // The application was told of it on `error`.
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (isError(reason)) return reason;
  return new IPCError(
    "IPC_ABORTED",
    "connect() was aborted by its signal; the cause is the reason.",
    {
      cause: reason,
    },
  );
}

function timeoutError(timeout: number, { endpoint, failure }: Attempts): IPCError {
  const last = isError(failure) ? ` The last attempt failed: ${failure.message}` : "";
  return new IPCError(
    "IPC_CONNECT_TIMEOUT",
    `connect() to ${quoted(endpoint, 256)} waited ${timeout} ms, and no server accepted a session in that time.${last}`,
    { cause: failure },
  );
}
