import {
  assertEventName,
  type EmitOptions,
  type EncodedCall,
  type EncodedMessage,
  type SessionStats,
} from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import {
  callChannel,
  messageChannel,
  publishCall,
  publishEvent,
} from "./diagnostics/diagnostics.ts";
import type { Driver } from "./driver/driver.ts";
import { IPCError } from "./errors.ts";
import { assertReason, moreMistake } from "./option-mistakes.ts";
import type {
  AnyArguments,
  AnyEvents,
  AnyListener,
  DataArgument,
  DataOf,
  EventMap,
  EventName,
  ReplyOf,
} from "./listening/event-map.ts";
import {
  type CallContext,
  type HandleOptions,
  Handlers,
  type HandlerEntry,
} from "./calls/handlers.ts";
import { flush, type FlushOptions } from "./socket/flush.ts";
import { invoke, type InvokeOptions, optionsOf } from "./calls/outbound-call.ts";
import type { RejectionListener } from "./listening/listeners.ts";
import { listenersOn, SocketEvents } from "./listening/socket-events.ts";
import type { WriteRound } from "./driver/write-round.ts";

/** The states of a socket: its session has a connection, is parked without one, or is over. */
export type SocketState = "connected" | "parked" | "over";

/** A socket of any map, for the library's own files. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is true of every map
export type AnySocket = IPCSocket<any, any>;

/** The parts of which the library makes a socket. */
export interface SocketInit {
  readonly id: string;
  readonly name: string;
  readonly driver: Driver;
  /** Milliseconds that a call without its own `timeout` waits for its reply. */
  readonly callTimeout: number;
  /** Ends the session: a server kicks the client, a client disconnects. */
  readonly leave: (reason: string | undefined) => void;
  readonly onRejection: RejectionListener;
}

/** Send an event to sockets, for which it was encoded, in their round. For the library's own files. */
export let sendEncoded: (
  event: EncodedMessage,
  sockets: Iterable<AnySocket>,
  round: WriteRound,
) => void;

let call: (socket: AnySocket, event: EncodedCall, options: InvokeOptions) => Promise<unknown>;
let setState: (socket: AnySocket, state: SocketState) => void;
let owesDrain: (socket: AnySocket) => boolean;
let handlerOf: (socket: AnySocket, event: string) => HandlerEntry<AnySocket> | undefined;

/**
 * One end of a session: `emit` sends an event to the peer, `on` listens to the
 * peer's events, `invoke` calls a handler of the peer, and `handle` answers its calls.
 *
 * `In` maps what this side listens to and handles, `Out` what it emits and invokes.
 */
export class IPCSocket<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
> extends SocketEvents<In> {
  /** The client's id, issued by the server: the same on both sides. */
  readonly id: string;
  /** The name that the client gives itself: the same on both sides. */
  readonly name: string;
  readonly #driver: Driver;
  readonly #callTimeout: number;
  readonly #leave: SocketInit["leave"];
  #handlers: Handlers<AnySocket> | undefined;
  #state: SocketState = "connected";
  #toldOfEnd = false;

  /** Sockets are made by servers and clients. */
  constructor(init: SocketInit) {
    super(init.onRejection);
    this.id = init.id;
    this.name = init.name;
    this.#driver = init.driver;
    this.#callTimeout = init.callTimeout;
    this.#leave = init.leave;
  }

  static {
    sendEncoded = (event, sockets, round) => {
      for (const socket of sockets) {
        if (socket.#state === "over") continue;
        if (messageChannel.hasSubscribers) {
          publishEvent(socket.#driver.session, event.name, socket.id);
        }
        socket.#driver.emitEncoded(event, round);
      }
    };
    call = (socket, event, options) => {
      if (callChannel.hasSubscribers) publishCall(socket.#driver.session, event.event, socket.id);
      return invoke(socket.#driver, socket.#callTimeout, event, undefined, options);
    };
    setState = (socket, state) => {
      socket.#state = state;
      if (state === "over") listenersOn(socket).leaveSignals();
    };
    owesDrain = (socket) => socket.#driver.session.owesDrain;
    handlerOf = (socket, event) => socket.#handlers?.get(event);
  }

  /**
   * True while the session has a connection. While it waits for another one, what is emitted is kept
   * and leaves then; once it is over, nothing is.
   */
  get connected(): boolean {
    return this.#state === "connected";
  }

  /** True once the session is over: nothing more comes or goes. */
  get closed(): boolean {
    return this.#state === "over";
  }

  /**
   * Send an event to the peer, with at most one value as its data.
   *
   * The data is JSON, with binary values (`Buffer`, typed arrays, `DataView`, `ArrayBuffer`) at any
   * depth. A binary value of 64 KiB or more must not be changed until `flush()`. Answers false when
   * the peer should be given time (the event is kept, `drain` follows), and when the event was not
   * accepted: the socket is closed, the peer's limits forbid it, or the queue is full and the policy
   * `slowConsumer` drops it. Each of these goes to `error` on this socket, if it has a listener.
   *
   * Throws a `ProtocolError` for the caller's own mistakes: `IPC_RESERVED_EVENT`,
   * `IPC_NOT_ENCODABLE`, `IPC_TOO_DEEP` (over 128 levels), `IPC_MESSAGE_TOO_LARGE`,
   * `IPC_TOO_MANY_ATTACHMENTS`, `IPC_INVALID_OPTION`.
   */
  emit<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): boolean;
  emit<K extends EventName<Out>>(event: K, data: DataOf<Out, K>, options: EmitOptions): boolean;
  emit(event: string, data?: unknown, options?: EmitOptions, more?: unknown): boolean {
    if (more !== undefined) throw moreMistake("emit", `emit("${event}", `, more);
    if (this.#state === "over") this.#tellOfEnd();
    const driver = this.#driver;
    const answer =
      options === undefined
        ? driver.session.emit(event, data)
        : driver.session.emitWith(event, data, options, realTime.now());
    driver.noteQueued();
    // After the checks that throw: an event that was not emitted is not published.
    if (messageChannel.hasSubscribers) publishEvent(driver.session, event, this.id);
    return answer;
  }

  /**
   * Wait until the peer's listeners have run for everything that was emitted before; work that they began
   * asynchronously is not waited for (`invoke` waits). Rejects with `IPC_SESSION_LOST` if the
   * session ends before, `IPC_CLOSED` if it is over already, `IPC_FLUSH_TIMEOUT`,
   * `IPC_FLUSH_UNSUPPORTED` if the peer acknowledges nothing, `IPC_INVALID_OPTION`, or the signal's
   * reason.
   */
  flush(options: FlushOptions = {}): Promise<void> {
    return flush(this.#driver, options);
  }

  /**
   * Call a handler of the peer and get its answer.
   *
   * Rejects with a `RemoteError` if the handler threw, and otherwise at once with its own code:
   * `IPC_NO_HANDLER`, `IPC_INVALID_DATA` and `IPC_TOO_MANY_CALLS` of the peer, `IPC_CALL_TIMEOUT`
   * (30 s by default), `IPC_CALL_CANCELLED`, `IPC_CALL_LOST` when the session is over (its
   * `context.outcome` says whether it was `not sent` or is `unknown`), and what `emit` throws.
   */
  invoke<K extends EventName<Out>>(
    event: K,
    ...values: [...data: DataArgument<Out, K>, options?: InvokeOptions]
  ): Promise<ReplyOf<Out, K>>;
  invoke(event: string, ...values: AnyArguments): Promise<unknown> {
    if (callChannel.hasSubscribers) publishCall(this.#driver.session, event, this.id);
    const options = optionsOf("invoke", event, values);
    if (options instanceof IPCError) return Promise.reject(options);
    return invoke(this.#driver, this.#callTimeout, event, values[0], options);
  }

  /**
   * Answer the peer's calls of an event, in place of a handler of the server or client. The reply is the value
   * that the handler returns, or that of its promise; an error that it throws rejects the call.
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

  /** Remove the handler of an event; calls that run go on. */
  unhandle(event: EventName<In>): this {
    this.#handlers?.delete(event);
    return this;
  }

  /**
   * End the session: what was emitted is sent first, then the reason. On a server this is a kick: the client
   * emits `kicked({ reason })` and does not reconnect by itself. Throws `IPC_INVALID_OPTION` for a reason that
   * is no text.
   */
  disconnect(reason?: string): void {
    assertReason('disconnect("bye")', reason);
    this.#leave(reason);
  }

  /**
   * Ask the peer for a sign of life. The answer comes as `user-pong({ time })`, here and on the
   * server or client object; `time` is the `Date.now()` of this call. Answers false if the socket is
   * closed or 1,024 such pings are on their way.
   */
  userPing(): boolean {
    const answer = this.#driver.session.ping(realTime.date(), realTime.now());
    this.#driver.schedule();
    return answer;
  }

  /** The figures of this socket's session: what it has done so far, and what it holds. */
  stats(): SessionStats {
    return this.#driver.session.stats;
  }

  // Once, and not from within `emit`: the listener may emit.
  #tellOfEnd(): void {
    if (this.#toldOfEnd) return;
    this.#toldOfEnd = true;
    const text =
      "An event was emitted on a socket whose session is over, and was not sent. Use the socket of the next session.";
    realTime.nextTick(raiseError, this, new IPCError("IPC_CLOSED", text));
  }
}

/** Make a call that was encoded for several sockets. For the library's own files. */
export function callEncoded(
  socket: AnySocket,
  event: EncodedCall,
  options: InvokeOptions,
): Promise<unknown> {
  return call(socket, event, options);
}

/** Note where a socket stands. For the library's own files. */
export function setSocketState(socket: AnySocket, state: SocketState): void {
  setState(socket, state);
}

/** Raise the `drain` that a session which is over still owes. For the library's own files. */
export function freeDrain(socket: AnySocket): void {
  if (owesDrain(socket)) listenersOn(socket).raise("drain", undefined);
}

/** The handler that a socket itself has for an event. For the library's own files. */
export function handlerOn(socket: AnySocket, event: string): HandlerEntry<AnySocket> | undefined {
  return handlerOf(socket, event);
}

function raiseError(socket: AnySocket, error: Error): void {
  if (socket.listenerCount("error") > 0) listenersOn(socket).raise("error", error);
}
