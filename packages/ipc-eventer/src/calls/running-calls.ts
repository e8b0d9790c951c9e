import { nextTurn, Timeout } from "@ipc/transport";
import type { AnySocket } from "../ipc-socket.ts";
import type { CallContext, HandlerEntry } from "./handlers.ts";

/** A call of a peer that has no outcome. */
export interface RunningCall {
  /** The calls that it counts among; `undefined` when it is answered, or its answer is not waited for. */
  countedBy: RunningCalls | undefined;
}

/** The call that a handler is running for at this moment, up to its first `await`; `undefined` outside of handlers. */
let handled: RunningCall | undefined;

/** Run the handler of a call; what it does until its first `await` is known to be done for that call. */
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

/** A handler that waits for the end of its own server or client, until its call may be answered. */
interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * The calls of all peers of a server or client that wait for an answer of it, and what waits for these
 * calls when that ends.
 *
 * A handler may end its own server, `handle("stop", () => server.stop())`: the end waits for the answer
 * to that call, so its handler cannot wait for the whole end. It waits until no other call runs.
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

  /** A call has come. */
  add(call: RunningCall): void {
    call.countedBy = this;
    this.#size++;
  }

  /** A call is answered, or its answer is no longer waited for. */
  delete(call: RunningCall): void {
    if (call.countedBy !== this) return;
    call.countedBy = undefined;
    this.#size--;
    if (this.#waiters.size > 0) this.#waiters.delete(call);
    if (this.#size === 0) this.#finished?.();
    else if (this.#waiters.size > 0) this.#check();
  }

  /** Take new calls, after an end. */
  open(): void {
    this.#refuses = false;
  }

  /**
   * Refuse new calls, and wait until all that run are answered, at most so many milliseconds. Handlers
   * that wait for the end itself are let go on when the others are through, or the time is over.
   */
  async finish(within: number): Promise<void> {
    this.#refuses = true;
    if (this.#size > 0 && within > 0) await this.#settled(within);
    if (this.#waiters.size === 0) return;
    this.#release();
    // They answer in this turn of the loop.
    await nextTurn();
  }

  /**
   * Begin the end of the server or client, and answer what its caller waits for: that end, or, within
   * the first, synchronous part of a handler of a call that runs here, until no other call does. Then
   * `report` is told of what the end fails with.
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

  /** Let those go on that wait for the end, if no other call runs. */
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
