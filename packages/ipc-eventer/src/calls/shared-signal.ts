import { throwLater } from "@ipc/transport";

/** The shared listener of each signal. */
const waits = new WeakMap<AbortSignal, SharedWait>();

/**
 * Calls `listener` when a signal is aborted, which it is not yet.
 *
 * A signal has one listener of the library, whatever the number of waits: Node.js warns of a leak at more than ten. It
 * is removed with the last wait, because a signal may exist as long as the process.
 */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  let wait = waits.get(signal);
  if (wait === undefined) {
    wait = new SharedWait(signal);
    waits.set(signal, wait);
  }
  wait.add(listener);
}

/** Removes a listener of `onAbort`. */
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

  // As for listeners of a signal: one that throws does not stop the others, and one that another removes is not called.
  readonly #run = (): void => {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        throwLater(error);
      }
    }
    waits.delete(this.#signal);
  };
}
