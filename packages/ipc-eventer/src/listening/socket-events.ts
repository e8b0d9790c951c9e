import type { OptionNames } from "@ipc/protocol";
import type { AnyListener, DataOf, EventMap, EventName } from "./event-map.ts";
import type { SocketLifecycle } from "./lifecycle-events.ts";
import { optionsMistake, signalMistake } from "../option-mistakes.ts";
import { type RejectionListener, SocketListeners } from "./listeners.ts";

/** Options of `on`, `once` and `onAny`. */
export interface ListenOptions {
  /** Takes the listener off when aborted. */
  readonly signal?: AbortSignal | undefined;
}

const listenOptions: OptionNames<ListenOptions> = { signal: true };

/** A socket that hears, of any map, for the library's own files. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is true of every map
type AnySocketEvents = SocketEvents<any>;

/** The listeners of a socket. For the library's own files. */
export let listenersOn: (socket: AnySocketEvents) => SocketListeners;

/**
 * The listening half of a socket. `In` maps what it hears.
 *
 * It is no EventEmitter: that would raise `newListener` where a peer's events are raised.
 */
export class SocketEvents<In extends EventMap<In>> {
  readonly #listeners: SocketListeners;

  constructor(onRejection: RejectionListener) {
    this.#listeners = new SocketListeners(onRejection);
  }

  static {
    listenersOn = (socket) => socket.#listeners;
  }

  /** Hear an event, every time, in the async context of this call. */
  on<K extends keyof SocketLifecycle>(
    event: K,
    listener: SocketLifecycle[K],
    options?: ListenOptions,
  ): this;
  on<K extends EventName<In>>(
    event: K,
    listener: (data: DataOf<In, K>) => unknown,
    options?: ListenOptions,
  ): this;
  on(event: string, listener: AnyListener, options?: ListenOptions): this {
    this.#listeners.listen("on", event, listener, signalOf("on", options));
    return this;
  }

  /** Hear an event, once, in the async context of this call. */
  once<K extends keyof SocketLifecycle>(
    event: K,
    listener: SocketLifecycle[K],
    options?: ListenOptions,
  ): this;
  once<K extends EventName<In>>(
    event: K,
    listener: (data: DataOf<In, K>) => unknown,
    options?: ListenOptions,
  ): this;
  once(event: string, listener: AnyListener, options?: ListenOptions): this {
    this.#listeners.listen("once", event, listener, signalOf("once", options));
    return this;
  }

  /** Take a listener off. */
  off(event: EventName<In> | keyof SocketLifecycle, listener: AnyListener): this {
    this.#listeners.off(event, listener);
    return this;
  }

  /** Hear every event of the peer, as `(event, data)`. */
  onAny(listener: (event: string, data: unknown) => unknown, options?: ListenOptions): this {
    this.#listeners.listenToAny(listener, signalOf("onAny", options));
    return this;
  }

  /** Take off a listener of every event. */
  offAny(listener: (event: string, data: unknown) => unknown): this {
    this.#listeners.offAny(listener);
    return this;
  }

  /** The same as `on`, for `events.on` and `events.once` of node:events. */
  addListener(event: string, listener: AnyListener): this {
    this.#listeners.on(event, listener);
    return this;
  }

  /** The same as `off`, for `events.on` and `events.once` of node:events. */
  removeListener(event: string, listener: AnyListener): this {
    this.#listeners.off(event, listener);
    return this;
  }

  /**
   * More listeners of one event than this, 10 by default, are taken for a leak, of which Node.js warns once; 0 or
   * Infinity is no limit. Those that wait `once` for an event of the library's own, such as `drain`, are none.
   */
  setMaxListeners(count: number): this {
    this.#listeners.setMaxListeners(count);
    return this;
  }

  /** The number that `setMaxListeners` has set, or Node's default. */
  getMaxListeners(): number {
    return this.#listeners.getMaxListeners();
  }

  /** The number of listeners of an event. */
  listenerCount(event: string): number {
    return this.#listeners.listenerCount(event);
  }
}

/** The signal in the options of a listener. Throws `IPC_INVALID_OPTION`. */
function signalOf(method: string, options: ListenOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  const instead = `${method}(…, listener, { signal })`;
  const mistake =
    optionsMistake(method, options, listenOptions, instead) ?? signalMistake(options.signal);
  if (mistake !== undefined) throw mistake;
  return options.signal;
}
