import { AsyncResource } from "node:async_hooks";
import { type OptionNames, Queue } from "@ipc/protocol";
import { IPCError } from "../errors.ts";
import { optionsMistake } from "../option-mistakes.ts";

/** The second argument of a handler: the caller, and the signal of its cancellation. */
export interface CallContext<S> {
  /** The socket of the caller. */
  readonly socket: S;
  /** Aborted when the caller cancels or times out, or the session ends. */
  readonly signal: AbortSignal;
}

/** Options of `handle`. */
export interface HandleOptions {
  /**
   * The most calls of this handler that run at the same time, of all peers together. More calls wait, those of one
   * peer in order, and the peers take turns. Default: no limit. 1 makes it serial.
   */
  readonly concurrency?: number | undefined;
}

const handleOptions: OptionNames<HandleOptions> = { concurrency: true };

/** A call that waits for its turn in a handler. */
export interface WaitingCall<S> {
  /** The socket of the caller. */
  readonly socket: S;
  /** Begins the call; when it is done, it calls `release` of the entry. Does not throw. */
  begin(): void;
}

/** Runs one call: the handler with its data and context. */
export type Handler<S> = (data: unknown, context: CallContext<S>) => unknown;

/**
 * A handler with its running and waiting calls. The peers take turns, so that a peer delays another by one call for
 * each place at most.
 */
export class HandlerEntry<S> {
  readonly #handler: Handler<S>;
  readonly #concurrency: number;
  /** The calls of each peer that has some waiting, in the order of their turns. */
  readonly #waiting = new Map<S, Queue<WaitingCall<S>>>();
  // Handlers run in the async context of the code that registered them.
  readonly #context = new AsyncResource("IPCHandler");
  #running = 0;
  /** Free places that the next calls have not taken yet. */
  #free = 0;
  #gives = false;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(handler: Handler<S>, { concurrency = Infinity }: HandleOptions) {
    if (typeof handler !== "function") {
      throw new IPCError("IPC_INVALID_OPTION", `A handler is a function, not ${typeof handler}.`);
    }
    if (typeof concurrency !== "number" || !(concurrency >= 1)) {
      throw new IPCError("IPC_INVALID_OPTION", "The option concurrency is a number of at least 1.");
    }
    this.#handler = handler;
    this.#concurrency = concurrency;
  }

  /** Run the handler now, in its own context. */
  call(data: unknown, context: CallContext<S>): unknown {
    return this.#context.runInAsyncScope(this.#handler, undefined, data, context);
  }

  /** Begin a call when there is a place. */
  acquire(call: WaitingCall<S>): void {
    if (this.#running < this.#concurrency) {
      this.#running++;
      call.begin();
      return;
    }
    const line = this.#waiting.get(call.socket);
    if (line !== undefined) {
      line.push(call);
      return;
    }
    const first = new Queue<WaitingCall<S>>();
    first.push(call);
    this.#waiting.set(call.socket, first);
  }

  /** Drops the waiting calls of a peer whose session is over. */
  leave(peer: S): void {
    this.#waiting.delete(peer);
  }

  /**
   * Frees the place of a call that is done, and begins the next one. It loops instead of recursing: thousands of calls
   * may each be done as soon as they begin.
   */
  release(): void {
    this.#free++;
    if (this.#gives) return;
    this.#gives = true;
    for (; this.#free > 0; this.#free--) {
      const next = this.#takeNext();
      if (next === undefined) this.#running--;
      else next.begin();
    }
    this.#gives = false;
  }

  #takeNext(): WaitingCall<S> | undefined {
    for (const [peer, line] of this.#waiting) {
      this.#waiting.delete(peer);
      const next = line.shift();
      if (line.size > 0) this.#waiting.set(peer, line);
      return next;
    }
    return undefined;
  }
}

/** The handlers of a socket, a client or a server: one for each event. */
export class Handlers<S> {
  readonly #entries = new Map<string, HandlerEntry<S>>();

  /** Sets the handler of an event. Throws `IPC_HANDLER_EXISTS` if there is one. */
  set(event: string, handler: Handler<S>, options: HandleOptions = {}): void {
    const instead = `handle("${event}", handler, { concurrency: 1 })`;
    const mistake = optionsMistake("handle", options, handleOptions, instead);
    if (mistake !== undefined) throw mistake;
    if (this.#entries.has(event)) {
      const text = `The event "${event}" has a handler already. Remove it with unhandle("${event}") first.`;
      throw new IPCError("IPC_HANDLER_EXISTS", text);
    }
    this.#entries.set(event, new HandlerEntry(handler, options));
  }

  /** Removes the handler of an event; calls that run go on. */
  delete(event: string): void {
    this.#entries.delete(event);
  }

  get(event: string): HandlerEntry<S> | undefined {
    return this.#entries.get(event);
  }
}
