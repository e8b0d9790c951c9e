import { realTime } from "@ipc/transport";

/** The longest delay that a timer of Node takes. */
const longestDelay = 2 ** 31 - 1;

/** The owner of the deadlines that a timer watches. */
export interface DeadlineOwner {
  /** The deadline has passed. `lag` is by how many milliseconds the timer was late. */
  handleDeadline(lag: number): void;
}

/**
 * One timer for all deadlines of a session. It is set anew only when it fires or an earlier deadline
 * comes up, and does not keep the process alive.
 */
export class DeadlineTimer {
  readonly #owner: DeadlineOwner;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  constructor(owner: DeadlineOwner) {
    this.#owner = owner;
  }

  /** Watch a deadline, unless an earlier one is watched. */
  watch(deadline: number): void {
    if (deadline >= this.#at) return;
    realTime.clearTimeout(this.#timer);
    this.#at = deadline;
    const delay = Math.min(Math.max(0, deadline - realTime.now()), longestDelay);
    this.#timer = realTime.setTimeout(fire, delay, this).unref();
  }

  /** Watch nothing. */
  clear(): void {
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }

  /**
   * The timer has fired. Timers run before the poll for input: one whole poll is let pass, so that a
   * side whose own loop was blocked does not blame its peer for bytes that lie unread.
   */
  handleTimer(): void {
    const lag = realTime.now() - this.#at;
    this.#timer = undefined;
    this.#at = Infinity;
    realTime.setImmediate(judge, this.#owner, lag);
  }
}

// Shared functions with their subject as argument: no closure per timer.
function fire(timer: DeadlineTimer): void {
  timer.handleTimer();
}

function judge(owner: DeadlineOwner, lag: number): void {
  owner.handleDeadline(lag);
}
