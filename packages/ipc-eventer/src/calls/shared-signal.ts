import { realTime } from "@ipc/transport";

/** The waits of each signal: one real listener for all. */
const waits = new WeakMap<AbortSignal, SharedWait>();

/**
 * Calls `listener` when a signal is aborted, which it is not yet.
 *
 * However many wait for it, the signal has one listener of the library: Node.js warns of a leak when it has more than
 * ten. That one is gone with the last that waits, as a signal may live as long as the process.
 */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  let wait = waits.get(signal);
  if (wait === undefined) {
    wait = new SharedWait(signal);
    waits.set(signal, wait);
  }
  wait.add(listener);
}

/** Takes back what `onAbort` was told. */
export function offAbort(signal: AbortSignal, listener: () => void): void {
  const wait = waits.get(signal);
  if (wait?.remove(listener) === true) waits.delete(signal);
}

class SharedWait {
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#run, { once: true });
  }

  add(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** True if nothing waits now. */
  remove(listener: () => void): boolean {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return false;
    this.#signal.removeEventListener("abort", this.#run);
    return true;
  }

  // As listeners of a signal: one that throws keeps no other from being called, and one that another takes back is not.
  readonly #run = (): void => {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        realTime.nextTick(rethrow, error);
      }
    }
    waits.delete(this.#signal);
  };
}

function rethrow(error: unknown): never {
  throw error;
}
