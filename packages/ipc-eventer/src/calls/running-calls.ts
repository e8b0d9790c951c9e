import { nextTurn, Timeout } from "@ipc/transport";
import type { AnySocket } from "../ipc-socket.ts";
import type { CallContext, HandlerEntry } from "./handlers.ts";

/** A call of a peer that has no outcome. */
export interface RunningCall {
  /** The calls that it counts among; `undefined` when it is answered, or its answer is not waited for. */
  countedBy: RunningCalls | undefined;
}

/** The call whose handler runs at this moment, up to its first `await`; `undefined` outside of handlers. */
let handled: RunningCall | undefined;

/** Runs the handler of a call; code up to its first `await` finds the call in `handled`. */
export function runHandler(
  call: RunningCall & CallContext<AnySocket>,
  entry: HandlerEntry<AnySocket>,
  data: unknown,
): unknown {
  const outer = handled;
  handled = call;
  try {
    return entry.call(data, call);
  } finally {
    handled = outer;
  }
}

/** The wait of a handler for the end of its own server or client. */
interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * The unanswered calls of all peers of a server or client, and the waits for them when it ends.
 *
 * A handler may end its own server, `handle("stop", () => server.stop())`. The end waits for the answer of that
 * handler, so the handler cannot wait for the whole end: it waits until no other call runs.
 */
export class RunningCalls {
  /** A count, since each call knows whether it is in it: a set costs every call an entry. */
  #size = 0;
  readonly #waiters = new Map<RunningCall, Waiter>();
  #refuses = false;
  #finished: (() => void) | undefined;

  /** Calls that wait for an answer. */
  get size(): number {
    return this.#size;
  }

  /** True while new calls are refused. */
  get refuses(): boolean {
    return this.#refuses;
  }

  /** Counts a call. */
  add(call: RunningCall): void {
    call.countedBy = this;
    this.#size++;
  }

  /** Removes a call that is answered or cancelled. */
  delete(call: RunningCall): void {
    if (call.countedBy !== this) return;
    call.countedBy = undefined;
    this.#size--;
    if (this.#waiters.size > 0) this.#waiters.delete(call);
    if (this.#size === 0) this.#finished?.();
    else if (this.#waiters.size > 0) this.#check();
  }

  /** Accepts calls again after an end. */
  open(): void {
    this.#refuses = false;
  }

  /**
   * Refuses new calls, and waits until all calls are answered, at most so many milliseconds. Handlers that wait for
   * the end itself go on when the others are done, or the time is over.
   */
  async finish(within: number): Promise<void> {
    this.#refuses = true;
    if (this.#size > 0 && within > 0) await this.#settled(within);
    if (this.#waiters.size === 0) return;
    this.#release();
    // Their handlers answer in this turn of the loop.
    await nextTurn();
  }

  /**
   * Begins the end of the server or client and returns the promise of its caller: fulfilled with the end or, in the
   * synchronous part of a handler, when no other call runs. In that case an error of the end is passed to `report`.
   */
  waitFor(begin: () => Promise<void>, report: (error: unknown) => void): Promise<void> {
    const call = handled;
    if (call?.countedBy !== this) return begin();
    const waiter = this.#waiters.get(call) ?? makeWaiter();
    this.#waiters.set(call, waiter);
    const end = begin();
    end.catch(report);
    this.#check();
    return Promise.race([end, waiter.promise]);
  }

  #settled(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timeout = new Timeout(within, resolve, true);
      this.#finished = () => {
        timeout.clear();
        this.#finished = undefined;
        resolve();
      };
    });
  }

  /** Releases the handlers that wait for the end, if no other call runs. */
  #check(): void {
    if (this.#waiters.size === this.#size) this.#release();
  }

  #release(): void {
    for (const { resolve } of this.#waiters.values()) resolve();
  }
}

function makeWaiter(): Waiter {
  let resolve: (() => void) | undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve?.() };
}
