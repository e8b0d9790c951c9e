import { realTime } from "@ipc/transport";

/** Milliseconds between two looks. */
const period = 50;

/** Milliseconds by which any timer may be late without a blocked loop. */
const tolerated = 25;

/** Measures for how long the own loop was blocked while it is watched. */
export class LoopWatch {
  #timer: NodeJS.Timeout | undefined;
  #lookAt = 0;
  #blocked = 0;

  /** Milliseconds for which the loop was blocked since `start`. */
  get blocked(): number {
    return this.#blocked + (this.#timer === undefined ? 0 : this.#late());
  }

  /** Watch from now on; what was measured before is forgotten. */
  start(): void {
    this.stop();
    this.#blocked = 0;
    this.#look();
  }

  /** Watch no longer; what was measured stays. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#blocked += this.#late();
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The time of a look has come. */
  handleTimer(): void {
    this.#blocked += this.#late();
    this.#look();
  }

  #look(): void {
    this.#lookAt = realTime.now() + period;
    this.#timer = realTime.setTimeout(look, period, this).unref();
  }

  #late(): number {
    const late = realTime.now() - this.#lookAt;
    return late > tolerated ? late : 0;
  }
}

function look(watch: LoopWatch): void {
  watch.handleTimer();
}
