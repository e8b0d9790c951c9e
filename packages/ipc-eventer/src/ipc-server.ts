import { AsyncResource } from "node:async_hooks";
import { assertEventName } from "@ipc/protocol";
import { Announcer } from "./socket/announcer.ts";
import { Audience, IPCServerSocket } from "./ipc-server-socket.ts";
import { EndpointEvents } from "./listening/endpoint-events.ts";
import { IPCError } from "./errors.ts";
import { Encryption, type Password, realmOf } from "./encryption.ts";
import type {
  AnyEvents,
  AnyListener,
  DataArgument,
  DataOf,
  EventMap,
  EventName,
  ReplyOf,
} from "./listening/event-map.ts";
import { type CallContext, type HandleOptions, Handlers } from "./calls/handlers.ts";
import type { ServerLifecycle } from "./listening/lifecycle-events.ts";
import { hearRejections } from "./listening/listeners.ts";
import type { Middleware } from "./server/middleware.ts";
import { assertFunction, assertReason, moreMistake } from "./option-mistakes.ts";
import { assertServerOptions, type IPCServerOptions } from "./options.ts";
import {
  type HandOverOptions,
  ServerEndpoint,
  type StartOptions,
  type StopOptions,
} from "./server/server-endpoint.ts";
import { type Target, targetsOf } from "./server/rooms.ts";
import { ServerSessions } from "./server/server-sessions.ts";
import { type ServerStats, sumStats } from "./server/stats.ts";

/**
 * Serves one endpoint of this machine.
 *
 * Emits on itself, as any EventEmitter: `listening(name)`,
 * `connected(socket, { id, name, pid, version })`, `connect(socket, { recovered })`,
 * `disconnect(socket, end)`, `lost(lost, socket)`, `disconnected(socket, end)`,
 * `error(err, socket?)`, `encryption:error(err)` together with `error` when passwords do not fit,
 * `user-pong({ time }, socket)`, and every event of a client as `(data, socket)`. `emit` is Node's
 * own: to send, use `broadcastAll` or a socket's `emit`.
 */
export class IPCServer<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
  Data = Record<string, unknown>,
> extends EndpointEvents<
  ServerLifecycle<IPCServerSocket<In, Out, Data>>,
  In,
  Out,
  [socket: IPCServerSocket<In, Out, Data>]
> {
  /** The endpoint's name, as given. */
  readonly name: string;
  readonly #encryption: Encryption;
  readonly #announcer: Announcer;
  readonly #sessions: ServerSessions;
  readonly #endpoint: ServerEndpoint;

  static {
    hearRejections(IPCServer, (server, error, event) => server.#announcer.reject(error, event));
  }

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(name: string, options: IPCServerOptions = {}) {
    super({ captureRejections: true });
    assertServerOptions(options);
    const { password, ...rest } = options;
    this.name = name;
    this.#encryption = new Encryption(options.realm ?? realmOf(name), password);
    this.#announcer = new Announcer(this, "server", name);
    this.#sessions = new ServerSessions(rest, this.#encryption, new Handlers(), this.#announcer);
    const parts = [this.#encryption, this.#sessions, this.#announcer] as const;
    this.#endpoint = new ServerEndpoint(name, rest, ...parts);
  }

  /** True while clients can connect. */
  get listening(): boolean {
    return this.#endpoint.listening;
  }

  /** The socket path or pipe name that is served, `undefined` while none is. */
  get address(): string | undefined {
    return this.#endpoint.address;
  }

  /** The sums over the sessions that are not over: what they have done so far, and what they hold. */
  stats(): ServerStats {
    return sumStats(this.#sessions.clients.sockets);
  }

  /** The sockets of all clients whose session is not over, at this moment. */
  get sockets(): readonly IPCServerSocket<In, Out, Data>[] {
    return this.#sessions.clients.sockets;
  }

  /** The socket of the client that has this id, `undefined` if its session is over or never was. */
  getSocket(id: string): IPCServerSocket<In, Out, Data> | undefined {
    return this.#sessions.clients.socketOf(id);
  }

  /** All clients, at the moment at which something is sent. */
  get everyone(): Audience<In, Out, Data> {
    return new Audience(this.#sessions, undefined);
  }

  /** The clients in a room, a client of its own, or all of several. Throws `IPC_INVALID_OPTION`. */
  to(target: Target | readonly Target[]): Audience<In, Out, Data> {
    return new Audience(this.#sessions, targetsOf(target));
  }

  /**
   * Claim the endpoint and listen. Fulfilled once clients can connect; at once if they can already.
   * During a `stop` it starts after that. Rejects with the system's error (`EADDRINUSE` while
   * another process serves the name, `EACCES`, …) or a `TransportError`. The event `error` gets the
   * same, and if it has a listener, the promise need not be awaited. With a `timeout` in
   * milliseconds it waits that long for a name that another server still has.
   */
  start(options?: StartOptions): Promise<void> {
    return this.#endpoint.start(options);
  }

  /**
   * Stop accepting, let the handlers that run answer within `timeout` milliseconds (5 s), send what was
   * emitted, tell every client that the server is closing, and give the endpoint back. New calls are
   * refused meanwhile with `IPC_PEER_CLOSING`. Fulfilled when all connections are over, within
   * `closeTimeout` after that; in a handler of this server that has called it before its first `await`,
   * once no other call runs, so that its own answer can leave. The server can be started again. A
   * `start` under way is waited for and then undone. Of crossed calls of `start` and `stop`, the last
   * decides. Rejects with `IPC_INVALID_OPTION`.
   */
  stop(options?: StopOptions): Promise<void> {
    return this.#endpoint.stop(options);
  }

  /**
   * Hand over to another process without a gap: give the name back, ask every client to finish what is under way
   * and to connect again, and stop when all have left, or after `timeout` milliseconds (10 s). A client that
   * reconnects sends nothing new meanwhile; its next session first sends what this one could not. Connections
   * without a session are ended at once. Rejects with `IPC_INVALID_OPTION`.
   */
  handOver(options?: HandOverOptions): Promise<void> {
    return this.#endpoint.handOver(options);
  }

  /** The same as `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Send an event to all clients, encoded once. Throws as `socket.emit` does. */
  broadcastAll<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): void;
  broadcastAll(event: string, data?: unknown, more?: unknown): void {
    if (more !== undefined) throw moreMistake("broadcastAll", `broadcastAll("${event}", `, more);
    this.#sessions.clients.broadcast(event, data);
  }

  /** Send an event to all clients but one, encoded once. Throws as `socket.emit` does. */
  broadcastExcept<K extends EventName<Out>>(
    socket: IPCServerSocket<In, Out, Data>,
    event: K,
    ...data: DataArgument<Out, K>
  ): void;
  broadcastExcept(socket: unknown, event: string, data?: unknown, more?: unknown): void {
    if (more !== undefined) {
      throw moreMistake("broadcastExcept", `broadcastExcept(socket, "${event}", `, more);
    }
    if (!(socket instanceof IPCServerSocket)) {
      const text = `broadcastExcept leaves out a socket of the server, which comes first: broadcastExcept(socket, event, data). To send to all, write broadcastAll(event, data).`;
      throw new IPCError("IPC_INVALID_OPTION", text);
    }
    this.#sessions.clients.broadcast(event, data, socket);
  }

  /**
   * Answer the calls of an event, of every client that has no handler of its own for it. Throws
   * `IPC_HANDLER_EXISTS`, `IPC_RESERVED_EVENT`, `IPC_INVALID_OPTION`.
   */
  handle<K extends EventName<In>>(
    event: K,
    handler: (
      data: DataOf<In, K>,
      context: CallContext<IPCServerSocket<In, Out, Data>>,
    ) => ReplyOf<In, K> | Promise<ReplyOf<In, K>>,
    options?: HandleOptions,
  ): this;
  handle(event: string, handler: AnyListener, options?: HandleOptions): this {
    assertEventName(event);
    this.#sessions.handlers.set(event, handler, options);
    return this;
  }

  /** Remove the handler of an event; calls that run go on. */
  unhandle(event: EventName<In>): this {
    this.#sessions.handlers.delete(event);
    return this;
  }

  /**
   * Let a function decide about every client before `connected`: it returns to accept, and throws a
   * `RefusedError` to refuse, which is the `cause` of what the client's `connect()` rejects with. Any
   * other error goes to `error` here, and the client gets `IPC_MIDDLEWARE_FAILED` without its text. It
   * may write to `socket.data`, and may be asynchronous. Functions run in the order in which they were added.
   * Throws `IPC_INVALID_OPTION` for a value that is no function.
   */
  use(middleware: Middleware<IPCServerSocket<In, Out, Data>>): this {
    assertFunction("use(middleware)", middleware);
    // Like listeners and handlers, it runs in the async context of this call.
    this.#sessions.middleware.push(AsyncResource.bind(middleware, "IPCMiddleware"));
    return this;
  }

  /**
   * Disconnect a client gracefully: it emits `kicked({ reason })` and does not reconnect by itself. A client
   * whose session is parked does so when it connects again. Answers false if no session of the client is open
   * or parked. Throws `IPC_INVALID_OPTION` for a reason that is no text.
   */
  disconnectClient(id: string, reason?: string): boolean {
    assertReason('disconnectClient(id, "bye")', reason);
    const peer = this.#sessions.clients.get(id);
    peer?.socket?.disconnect(reason);
    return peer !== undefined;
  }

  /**
   * Protect connections made from now on with a password; those that are open go on as they are.
   * Until the new password is ready, some 40 ms, the former one serves. Rejects with
   * `IPC_PASSWORD_INVALID`.
   */
  setEncryption(password: Password): Promise<void> {
    return this.#encryption.set(password);
  }

  /** Let connections made from now on be plaintext. */
  clearEncryption(): void {
    this.#encryption.clear();
  }

  /** Let the listening server keep the process alive (the default). */
  ref(): this {
    this.#endpoint.hold(true);
    return this;
  }

  /** Let the process end although the server listens. */
  unref(): this {
    this.#endpoint.hold(false);
    return this;
  }
}
