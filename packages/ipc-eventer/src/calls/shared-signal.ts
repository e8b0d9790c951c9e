import { setMaxListeners } from "node:events";

/**
 * One signal for any number of calls, which follows another one.
 *
 * Node.js warns of a leak when somebody's signal has more than ten listeners; this way it has one.
 */
export class SharedSignal {
  readonly #source: AbortSignal;
  readonly #controller = new AbortController();

  constructor(source: AbortSignal) {
    this.#source = source;
    setMaxListeners(0, this.#controller.signal);
    if (source.aborted) this.#follow();
    else source.addEventListener("abort", this.#follow, { once: true });
  }

  /** Aborted when the other one is, with its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Follow no more: a signal that lives long must not keep what has listened to it. */
  release(): void {
    this.#source.removeEventListener("abort", this.#follow);
  }

  readonly #follow = (): void => {
    this.#controller.abort(this.#source.reason);
  };
}
