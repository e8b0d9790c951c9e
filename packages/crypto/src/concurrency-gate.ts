/** A gate that lets a number of asynchronous tasks run at once and the others wait in order of arrival. */
export class ConcurrencyGate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** `limit` is how many tasks run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the task when there is room for it, and settles as it does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, not freed: nobody who comes now can take it from those who wait.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
