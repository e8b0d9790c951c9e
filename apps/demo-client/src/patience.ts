/** Gives up when nothing has happened for a number of seconds. A slow machine is no reason to. */
export class Patience {
  readonly #exhausted: AbortController = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(seconds: number) {
    const error = new Error(`nothing has happened for ${seconds} s`);
    this.#timer = setTimeout(() => this.#exhausted.abort(error), seconds * 1000);
  }

  /** Aborted, with an error, when patience is at its end. */
  get signal(): AbortSignal {
    return this.#exhausted.signal;
  }

  /** Something has happened. */
  renew(): void {
    this.#timer.refresh();
  }

  /** Stop waiting. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
