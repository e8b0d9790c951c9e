import { assertEventName } from "@ipc/protocol";
import { Announcer } from "./socket/announcer.ts";
import { ClientConnector, type DisconnectOptions } from "./client/client-connector.ts";
import { EndpointEvents } from "./listening/endpoint-events.ts";
import { Encryption, type Password, realmOf } from "./encryption.ts";
import type {
  AnyEvents,
  AnyListener,
  DataOf,
  EventMap,
  EventName,
  ReplyOf,
} from "./listening/event-map.ts";
import { type CallContext, type HandleOptions, Handlers } from "./calls/handlers.ts";
import type { AnySocket, IPCSocket } from "./ipc-socket.ts";
import type { ClientLifecycle } from "./listening/lifecycle-events.ts";
import { hearRejections } from "./listening/listeners.ts";
import { assertClientOptions, type ConnectOptions, type IPCClientOptions } from "./options.ts";

/**
 * Connects to the server of one endpoint of this machine.
 *
 * Emits on itself, as any EventEmitter: `connected(socket, { id, name })` for each new session,
 * `connect({ recovered })`, `kicked({ reason })`, `disconnect(end)`, `lost(lost, socket)`,
 * `disconnected(socket, end)`, `error(err)`, `encryption:error(err)` together with `error` when
 * passwords do not fit, `user-pong({ time }, socket)`, and every event of the server as `(data, socket)`. `emit` is Node's own: to send, use the
 * socket's `emit`.
 */
export class IPCClient<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
> extends EndpointEvents<
  ClientLifecycle<IPCSocket<In, Out>>,
  In,
  Out,
  [socket: IPCSocket<In, Out>]
> {
  /** The endpoint's name, as given. */
  readonly endpoint: string;
  /** The name of this client. */
  readonly name: string;
  readonly #encryption: Encryption;
  readonly #announcer: Announcer;
  readonly #handlers = new Handlers<AnySocket>();
  readonly #connector: ClientConnector;

  static {
    hearRejections(IPCClient, (client, error, event) => client.#announcer.reject(error, event));
  }

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(endpoint: string, options: IPCClientOptions = {}) {
    super({ captureRejections: true });
    assertClientOptions(options);
    const { password, ...rest } = options;
    this.endpoint = endpoint;
    this.name = options.name ?? `client-${process.pid}`;
    this.#encryption = new Encryption(options.realm ?? realmOf(endpoint), password);
    this.#announcer = new Announcer(this, "client", endpoint);
    const { name } = this;
    const parts = [this.#encryption, this.#handlers, this.#announcer] as const;
    this.#connector = new ClientConnector(endpoint, name, rest, ...parts);
  }

  /**
   * The socket of the session, `undefined` while there is none. While the session waits for a new
   * connection it is the same one, and keeps what is emitted.
   */
  get socket(): IPCSocket<In, Out> | undefined {
    return this.#connector.socket;
  }

  /** True while there is a session that has a connection. */
  get connected(): boolean {
    return this.#connector.socket?.connected === true;
  }

  /**
   * Connect, and with `reconnect` stay connected. Fulfilled with the socket, at once if there is one.
   *
   * Rejects with the system's error (`ENOENT` while no server listens, `ECONNREFUSED`, `EACCES`, …),
   * a `TransportError`, a `ProtocolError` of the handshake, or an `IPCError` (`IPC_REFUSED_BY_SERVER`,
   * `IPC_CONNECT_TIMEOUT`, `IPC_INVALID_OPTION`, `IPC_CLOSED` after `disconnect`). With `reconnect` it
   * stays pending over errors that may pass. The event `error` gets each error, and if it has a
   * listener, the promise need not be awaited. A call during another joins it.
   */
  connect(options?: ConnectOptions): Promise<IPCSocket<In, Out>> {
    return this.#connector.connect(options);
  }

  /**
   * Let the handlers that run answer within `timeout` milliseconds (5 s), send what was emitted, close the
   * session, and do not reconnect. Fulfilled when the connection is over, within
   * `closeTimeout` after that; in a handler of this client as `server.stop()` is. A pending `connect`
   * rejects with `IPC_CLOSED`. Rejects with `IPC_INVALID_OPTION`.
   */
  disconnect(reason?: string, options?: DisconnectOptions): Promise<void> {
    return this.#connector.disconnect(reason, options);
  }

  /**
   * Answer the server's calls of an event, unless the socket has a handler of its own for it. Throws
   * `IPC_HANDLER_EXISTS`, `IPC_RESERVED_EVENT`, `IPC_INVALID_OPTION`.
   */
  handle<K extends EventName<In>>(
    event: K,
    handler: (
      data: DataOf<In, K>,
      context: CallContext<IPCSocket<In, Out>>,
    ) => ReplyOf<In, K> | Promise<ReplyOf<In, K>>,
    options?: HandleOptions,
  ): this;
  handle(event: string, handler: AnyListener, options?: HandleOptions): this {
    assertEventName(event);
    this.#handlers.set(event, handler, options);
    return this;
  }

  /** Remove the handler of an event; calls that run go on. */
  unhandle(event: EventName<In>): this {
    this.#handlers.delete(event);
    return this;
  }

  /** The same as `disconnect`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /**
   * Protect connections made from now on with a password; the open one goes on as it is. Until the
   * new password is ready, some 40 ms, the former one serves. Rejects with `IPC_PASSWORD_INVALID`.
   */
  setEncryption(password: Password): Promise<void> {
    return this.#encryption.set(password);
  }

  /** Let connections made from now on be plaintext. */
  clearEncryption(): void {
    this.#encryption.clear();
  }

  /** Let the connection, or the wait for the next attempt, keep the process alive (the default). */
  ref(): this {
    this.#connector.hold(true);
    return this;
  }

  /** Let the process end although the client is connected or reconnecting. */
  unref(): this {
    this.#connector.hold(false);
    return this;
  }
}
