import { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { realTime, throwLater } from "@ipc/transport";
import { offAbort, onAbort } from "../calls/shared-signal.ts";
import type { AnyListener } from "./event-map.ts";
import type { SocketLifecycle } from "./lifecycle-events.ts";

/** An EventEmitter whose listeners run in the async context of the code that attached them. */
export class ContextEmitter extends EventEmitter {
  override on(event: string | symbol, listener: AnyListener): this {
    return super.on(event, inContext(listener));
  }

  override addListener(event: string | symbol, listener: AnyListener): this {
    return super.on(event, inContext(listener));
  }

  override prependListener(event: string | symbol, listener: AnyListener): this {
    return super.prependListener(event, inContext(listener));
  }

  override once(event: string | symbol, listener: AnyListener): this {
    return super.on(event, this.#once(event, listener));
  }

  override prependOnceListener(event: string | symbol, listener: AnyListener): this {
    return super.prependListener(event, this.#once(event, listener));
  }

  #once(event: string | symbol, listener: AnyListener): AnyListener {
    if (typeof listener !== "function") return listener;
    const bound = inContext(listener);
    const once = (...values: unknown[]): unknown => {
      this.removeListener(event, once);
      return bound(...values);
    };
    return Object.assign(once, { listener });
  }
}

function inContext(listener: AnyListener): AnyListener {
  // The emitter refuses a value that is no function.
  if (typeof listener !== "function") return listener;
  const context = new AsyncResource("IPCListener");
  // By its `listener`, node's EventEmitter finds it again for `off`.
  const bound = (...values: unknown[]): unknown =>
    context.runInAsyncScope(listener, undefined, ...values);
  return Object.assign(bound, { listener, context });
}

/** A listener as an emitter keeps it: one that runs every time has its context and itself beside it. */
interface KeptListener {
  (data: unknown): unknown;
  readonly listener: AnyListener;
  readonly context?: AsyncResource;
}

/** The receiver of rejections of listeners' promises. */
export type RejectionListener = (error: unknown) => void;

/**
 * The listeners of one socket: node's EventEmitter kept inside, so that none of its own events and
 * methods meet the wire.
 */
export class Listeners extends ContextEmitter {
  readonly #onRejection: RejectionListener;
  /** The functions that leave the signals of those listeners that have one. */
  #releases: Map<unknown, () => void> | undefined;

  constructor(onRejection: RejectionListener) {
    super({ captureRejections: true });
    this.#onRejection = onRejection;
  }

  static {
    hearRejections(Listeners, (listeners, error) => listeners.reject(error));
  }

  /** Attach a listener, until a signal is aborted if there is one. */
  listen(
    how: "on" | "once",
    event: string,
    listener: AnyListener,
    signal: AbortSignal | undefined,
  ): void {
    if (signal?.aborted === true) return;
    this[how](event, listener);
    if (signal === undefined) return;
    const attached = this.#find(event, listener);
    const takeOff = (): void => void this.removeListener(event, attached);
    onAbort(signal, takeOff);
    this.#releases ??= new Map();
    this.#releases.set(attached, () => offAbort(signal, takeOff));
  }

  override removeListener(event: string | symbol, listener: AnyListener): this {
    // A signal may live as long as the process: nothing of a listener that is gone stays with it.
    if (this.#releases !== undefined) this.#release(this.#find(event, listener));
    return super.removeListener(event, listener);
  }

  override off(event: string | symbol, listener: AnyListener): this {
    return this.removeListener(event, listener);
  }

  /** Leave all signals: nothing more is heard. */
  leaveSignals(): void {
    for (const listener of this.#releases?.keys() ?? []) this.#release(listener);
  }

  /** Say that a listener's promise was rejected. */
  reject(error: unknown): void {
    this.#onRejection(error);
  }

  /** The listener that `removeListener` would take off, as it is kept. */
  #find(event: string | symbol, listener: AnyListener): AnyListener {
    const kept = this.rawListeners(event).findLast(
      (one) => one === listener || ("listener" in one && one.listener === listener),
    );
    return isListener(kept) ? kept : listener;
  }

  #release(listener: unknown): void {
    this.#releases?.get(listener)?.();
    this.#releases?.delete(listener);
  }
}

function isListener(value: unknown): value is AnyListener {
  return typeof value === "function";
}

/** Let a class of emitters hear the rejections of its listeners' promises, and of which event they were. */
export function hearRejections<T extends EventEmitter>(
  type: { readonly prototype: T },
  hear: (emitter: T, error: unknown, event: unknown) => void,
): void {
  Object.defineProperty(type.prototype, EventEmitter.captureRejectionSymbol, {
    value(this: T, error: unknown, event: unknown): void {
      hear(this, error, event);
    },
  });
}

/**
 * Emit on an emitter so that a listener's throw surfaces as an uncaught exception, as from any
 * callback, while the caller goes on.
 */
export function emitSafely(emitter: EventEmitter, event: string, ...values: unknown[]): void {
  try {
    emitter.emit(event, ...values);
  } catch (error) {
    throwLater(error);
  }
}

/** Leave a listener's rejection unhandled, as it would have been without us. */
export async function rejectUnhandled(error: unknown): Promise<never> {
  throw error;
}

/** The events of a socket's life, which many producers may wait for at once. */
const waitedFor: ReadonlySet<string> = new Set<keyof SocketLifecycle>([
  "connect",
  "disconnect",
  "drain",
  "error",
  "lost",
  "user-pong",
]);

/** The listeners of one socket: those of single events, and those that hear every event of the peer. */
export class SocketListeners extends Listeners {
  #any: Listeners | undefined;
  /**
   * The listeners of the events that have come since they were attached or taken off last, as the emitter keeps
   * them: to emit with an EventEmitter costs an array of arguments for each event and each listener.
   */
  #heard: Map<string | symbol, readonly KeptListener[]> | undefined;

  override on(event: string | symbol, listener: AnyListener): this {
    this.#heard?.delete(event);
    return super.on(event, listener);
  }

  /** Attach a listener that runs once. Any number of these may wait for an event of the library's own: that is no leak. */
  override once(event: string, listener: AnyListener): this {
    this.#heard?.delete(event);
    if (!waitedFor.has(event)) return super.once(event, listener);
    const limit = this.getMaxListeners();
    super.setMaxListeners(0);
    try {
      return super.once(event, listener);
    } finally {
      super.setMaxListeners(limit);
    }
  }

  override removeListener(event: string | symbol, listener: AnyListener): this {
    this.#heard?.delete(event);
    return super.removeListener(event, listener);
  }

  override setMaxListeners(count: number): this {
    this.#any?.setMaxListeners(count);
    return super.setMaxListeners(count);
  }

  /** Run the listeners of a lifecycle event; what one throws surfaces as an uncaught exception. */
  raise(event: string, data: unknown): void {
    emitSafely(this, event, data);
  }

  /** Run the listeners of an event of the peer, as `raise`, and those that hear every event. */
  hear(event: string, data: unknown): void {
    const heard = this.#heard?.get(event) ?? this.#look(event);
    try {
      for (const kept of heard) {
        const result =
          kept.context === undefined
            ? kept(data)
            : kept.context.runInAsyncScope(kept.listener, undefined, data);
        if (typeof result === "object" && result !== null) this.#awaitRejection(result);
      }
    } catch (error) {
      throwLater(error);
    }
    if (this.#any !== undefined) emitSafely(this.#any, "any", event, data);
  }

  /** Tell whether an event of the peer has a listener. */
  hears(event: string): boolean {
    return this.listenerCount(event) > 0 || (this.#any?.listenerCount("any") ?? 0) > 0;
  }

  /** Attach a listener to every event of the peer, until a signal is aborted if there is one. */
  listenToAny(listener: AnyListener, signal: AbortSignal | undefined): void {
    this.#any ??= new Listeners((error) => this.reject(error)).setMaxListeners(
      this.getMaxListeners(),
    );
    this.#any.listen("on", "any", listener, signal);
  }

  /** Take such a listener off. */
  offAny(listener: AnyListener): void {
    this.#any?.off("any", listener);
  }

  override leaveSignals(): void {
    super.leaveSignals();
    this.#any?.leaveSignals();
  }

  /** The listeners of an event. Names that none listens to are not kept: a peer may make up any number. */
  #look(event: string): readonly KeptListener[] {
    if (this.listenerCount(event) === 0) return none;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each has come through `on` or `once`
    const heard = this.rawListeners(event) as KeptListener[];
    (this.#heard ??= new Map()).set(event, heard);
    return heard;
  }

  /** Tell of the rejection of what a listener has answered, if it is a promise, as an EventEmitter does. */
  #awaitRejection(result: object): void {
    try {
      if (!("then" in result)) return;
      const { then } = result;
      if (typeof then !== "function") return;
      then.call(result, undefined, (error: unknown) => {
        realTime.nextTick(rejectOn, this, error);
      });
    } catch (error) {
      this.reject(error);
    }
  }
}

const none: readonly KeptListener[] = [];

function rejectOn(listeners: Listeners, error: unknown): void {
  listeners.reject(error);
}
