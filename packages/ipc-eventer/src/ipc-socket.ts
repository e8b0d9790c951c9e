import { assertEventName, type EncodedEvent } from "@ipc/protocol";
import { callChannel, messageChannel } from "./diagnostics.ts";
import type { Driver } from "./driver.ts";
import type { AnyArguments, AnyEvents, AnyListener, DataArgument, DataOf } from "./event-map.ts";
import type { EventMap, EventName, ReplyOf } from "./event-map.ts";
import { type CallContext, type HandleOptions, type HandlerEntry, Handlers } from "./handlers.ts";
import type { SocketLifecycle } from "./lifecycle-events.ts";
import type { RejectionListener } from "./listeners.ts";
import { invoke, type InvokeOptions } from "./outbound-call.ts";
import { SocketListeners } from "./socket-listeners.ts";

/** What the library gives a socket when it makes one. */
export interface SocketInit {
  readonly id: string;
  readonly name: string;
  readonly driver: Driver;
  /** Milliseconds that a call waits for its reply unless it says otherwise. */
  readonly callTimeout: number;
  /** How this side ends the session: a server kicks, a client takes its leave. */
  readonly leave: (reason: string | undefined) => void;
  readonly onRejection: RejectionListener;
}

/** Options of `on`, `once` and `onAny`. */
export interface ListenOptions {
  /** Takes the listener off when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A socket of any map, for the library's own files. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is true of every map
export type AnySocket = IPCSocket<any, any>;

let raise: (socket: AnySocket, event: string, data: unknown) => void;
let send: (socket: AnySocket, event: EncodedEvent) => boolean;
let end: (socket: AnySocket) => void;
let handlerOf: (socket: AnySocket, event: string) => HandlerEntry<AnySocket> | undefined;

/**
 * One end of a session: `emit` sends an event to the peer, `on` hears what the peer emits, `invoke`
 * asks and `handle` answers.
 *
 * `In` maps what this side hears and handles, `Out` what it emits and invokes.
 */
export class IPCSocket<In extends EventMap<In> = AnyEvents, Out extends EventMap<Out> = AnyEvents> {
  /** The client's id, issued by the server: the same on both sides. */
  readonly id: string;
  /** The client's name, as it says itself: the same on both sides. */
  readonly name: string;
  readonly #listeners: SocketListeners;
  readonly #driver: Driver;
  readonly #callTimeout: number;
  readonly #leave: SocketInit["leave"];
  #handlers: Handlers<AnySocket> | undefined;
  #connected = true;

  /** Sockets are made by servers and clients. */
  constructor(init: SocketInit) {
    this.id = init.id;
    this.name = init.name;
    this.#driver = init.driver;
    this.#callTimeout = init.callTimeout;
    this.#leave = init.leave;
    this.#listeners = new SocketListeners(init.onRejection);
  }

  static {
    raise = (socket, event, data) => socket.#listeners.raise(event, data);
    send = (socket, event) => socket.#connected && socket.#driver.emitEncoded(event);
    end = (socket) => {
      socket.#connected = false;
      socket.#listeners.leaveSignals();
    };
    handlerOf = (socket, event) => socket.#handlers?.get(event);
  }

  /** False from the moment the session is over. */
  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Send an event to the peer, with at most one value as its data.
   *
   * The data is JSON, with binary values (`Buffer`, typed arrays, `DataView`, `ArrayBuffer`) at any
   * depth. A binary value of 64 KiB or more must not be changed until it has left. Answers false
   * when the peer should be given time (the event is kept, `drain` follows), and when the event was
   * not sent, because the socket is closed or the peer's limits forbid it (the latter is reported).
   *
   * Throws a `ProtocolError` for the caller's own mistakes: `IPC_RESERVED_EVENT`,
   * `IPC_NOT_ENCODABLE`, `IPC_TOO_DEEP` (over 128 levels), `IPC_MESSAGE_TOO_LARGE`,
   * `IPC_TOO_MANY_ATTACHMENTS`.
   */
  emit<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): boolean;
  emit(event: string, data?: unknown): boolean {
    if (messageChannel.hasSubscribers) {
      messageChannel.publish({ direction: "outbound", event, id: this.id });
    }
    return this.#driver.emit(event, data);
  }

  /**
   * Ask the peer and get its handler's answer.
   *
   * Rejects with a `RemoteError` if the handler threw, and otherwise at once with its own code:
   * `IPC_NO_HANDLER`, `IPC_INVALID_DATA` and `IPC_TOO_MANY_CALLS` of the peer, `IPC_CALL_TIMEOUT`
   * (30 s by default), `IPC_CALL_CANCELLED`, `IPC_CALL_LOST` when the connection is over (its
   * `context.outcome` says whether it was `not sent` or is `unknown`), and what `emit` throws.
   */
  invoke<K extends EventName<Out>>(
    event: K,
    ...values: [...data: DataArgument<Out, K>, options?: InvokeOptions]
  ): Promise<ReplyOf<Out, K>>;
  invoke(event: string, ...values: AnyArguments): Promise<unknown> {
    if (callChannel.hasSubscribers) {
      callChannel.publish({ direction: "outbound", event, id: this.id, call: true });
    }
    return invoke(this.#driver, this.#callTimeout, event, values);
  }

  /**
   * Answer the peer's calls of an event, before the handlers of the server or client are asked. The
   * reply is what the handler returns or its promise brings; what it throws rejects the caller.
   * Throws `IPC_HANDLER_EXISTS`, `IPC_RESERVED_EVENT`, `IPC_INVALID_OPTION`.
   */
  handle<K extends EventName<In>>(
    event: K,
    handler: (
      data: DataOf<In, K>,
      context: CallContext<this>,
    ) => ReplyOf<In, K> | Promise<ReplyOf<In, K>>,
    options?: HandleOptions,
  ): this;
  handle(event: string, handler: AnyListener, options?: HandleOptions): this {
    assertEventName(event);
    this.#handlers ??= new Handlers();
    this.#handlers.set(event, handler, options);
    return this;
  }

  /** Answer the calls of an event no more; those that run go on. */
  unhandle(event: EventName<In>): this {
    this.#handlers?.delete(event);
    return this;
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
    this.#listeners.listen("on", event, listener, options?.signal);
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
    this.#listeners.listen("once", event, listener, options?.signal);
    return this;
  }

  /** Hear it no more. */
  off(event: EventName<In> | keyof SocketLifecycle, listener: AnyListener): this {
    this.#listeners.off(event, listener);
    return this;
  }

  /** Hear every event of the peer, as `(event, data)`. */
  onAny(listener: (event: string, data: unknown) => unknown, options?: ListenOptions): this {
    this.#listeners.listenToAny(listener, options?.signal);
    return this;
  }

  /** Hear every event no more. */
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

  /** How many listeners an event has. */
  listenerCount(event: string): number {
    return this.#listeners.listenerCount(event);
  }

  /**
   * End the session: what was emitted leaves first, then the peer is told why. On a server this is
   * a kick: the client hears `kicked({ reason })` and does not come back by itself.
   */
  disconnect(reason?: string): void {
    this.#leave(reason);
  }

  /**
   * Ask the peer for a sign of life. The answer comes as `user-pong({ time })`, here and on the
   * server or client object; `time` is the `Date.now()` of this call. Answers false if the socket is
   * closed or 1,024 such pings are on their way.
   */
  userPing(): boolean {
    return this.#driver.ping(Date.now());
  }
}

/** Run a socket's listeners. For the library's own files. */
export function raiseOn(socket: AnySocket, event: string, data: unknown): void {
  raise(socket, event, data);
}

/** Send an event that was encoded for several sockets. For the library's own files. */
export function sendEncoded(socket: AnySocket, event: EncodedEvent): boolean {
  return send(socket, event);
}

/** Mark a socket as closed. For the library's own files. */
export function endSocket(socket: AnySocket): void {
  end(socket);
}

/** The handler that a socket itself has for an event. For the library's own files. */
export function handlerOn(socket: AnySocket, event: string): HandlerEntry<AnySocket> | undefined {
  return handlerOf(socket, event);
}
