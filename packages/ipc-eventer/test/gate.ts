import { setImmediate as turn } from "node:timers/promises";

/** A handler that ends when it is told to. */
export class Gate {
  readonly passed: unknown[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #opens: (() => void)[] = [];

  readonly handler = async (
    data: unknown,
    { signal }: { signal: AbortSignal },
  ): Promise<unknown> => {
    this.signals.push(signal);
    await new Promise<void>((resolve) => this.#opens.push(resolve));
    this.passed.push(data);
    return data;
  };

  open(): void {
    for (const open of this.#opens.splice(0)) open();
  }

  /** Wait until so many of their signals are aborted. */
  async aborted(count: number): Promise<void> {
    while (this.signals.filter(({ aborted }) => aborted).length < count) await turn();
  }

  /** Wait until so many calls are in the handler, over all. */
  async holds(count: number): Promise<void> {
    while (this.signals.length < count) await turn();
  }
}
