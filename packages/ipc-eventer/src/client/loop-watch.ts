import { realTime } from "@ipc/transport";

/** Milliseconds between two checks. */
const period = 50;

/** Milliseconds by which a timer may be late although the loop is not blocked. */
const tolerated = 25;

/** Measures for how long this process's event loop was blocked. */
export class LoopWatch {
  #timer: NodeJS.Timeout | undefined;
  #checkAt = 0;
  #blocked = 0;

  /** Milliseconds for which the loop was blocked since `start`. */
  get blocked(): number {
    return this.#blocked + (this.#timer === undefined ? 0 : this.#late());
  }

  /** Starts to measure, from 0. */
  start(): void {
    this.stop();
    this.#blocked = 0;
    this.#check();
  }

  /** Stops to measure; the result stays. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#blocked += this.#late();
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Called by the timer. */
  handleTimer(): void {
    this.#blocked += this.#late();
    this.#check();
  }

  #check(): void {
    this.#checkAt = realTime.now() + period;
    this.#timer = realTime.setTimeout(check, period, this).unref();
  }

  #late(): number {
    const late = realTime.now() - this.#checkAt;
    return late > tolerated ? late : 0;
  }
}

function check(watch: LoopWatch): void {
  watch.handleTimer();
}
