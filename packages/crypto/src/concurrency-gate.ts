/** A gate that lets a number of asynchronous tasks run at once and the others wait in order of arrival. */
export class ConcurrencyGate {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** `limit` is how many tasks run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the task when there is room for it, and settles as it does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, not freed: a task that comes now cannot take it from those that wait.
      const next = this.#takeNext();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #takeNext(): (() => void) | undefined {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      return next;
    }
    return undefined;
  }
}
