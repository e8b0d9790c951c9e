import type { EncodedCall, ProtocolError, RemoteError } from "@ipc/protocol";
import type {
  AnyEvents,
  DataArgument,
  EventMap,
  EventName,
  ReplyOf,
} from "./listening/event-map.ts";
import { IPCSocket, type SocketInit, callEncoded } from "./ipc-socket.ts";
import { moreMistake } from "./option-mistakes.ts";
import { IPCError } from "./errors.ts";
import { assertRoomName, type Target, targetsOf } from "./server/rooms.ts";
import { type InvokeOptions, optionsOf } from "./calls/outbound-call.ts";

/** The clients of a server, as its sockets and audiences use them. */
export interface ServerClients {
  readonly sockets: readonly AnyServerSocket[];
  of(target: Target): Iterable<AnyServerSocket>;
  join(room: string, socket: AnyServerSocket): void;
  leave(room: string, socket: AnyServerSocket): void;
  send(event: string, data: unknown, receivers: Iterable<AnyServerSocket>): void;
  broadcast(event: string, data: unknown, except?: AnyServerSocket): void;
  encodeCall(event: string, data: unknown): EncodedCall;
}

/** The owner of the clients, which each start of a server replaces. */
export interface ServerClientsOwner {
  readonly clients: ServerClients;
}

/** The parts of which the library makes a server's socket. */
export interface ServerSocketInit extends SocketInit {
  /** The owner of the other clients. */
  readonly owner: ServerClientsOwner;
}

/** A server's socket of any map, for the library's own files. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is true of every map
export type AnyServerSocket = IPCServerSocket<any, any, any>;

/**
 * The server's end of a session with one client.
 *
 * `In` maps what the client emits and invokes, `Out` what it listens to and handles, `Data` is the type of
 * `socket.data`.
 */
export class IPCServerSocket<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
  Data = Record<string, unknown>,
> extends IPCSocket<In, Out> {
  /** The application's own data about this client, from its middleware on; at first `{}`. */
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the application says what it will be
  data: Data = {} as Data;
  readonly #owner: ServerClientsOwner;
  readonly #rooms = new Set<string>();

  /** Sockets are made by the server. */
  constructor(init: ServerSocketInit) {
    super(init);
    this.#owner = init.owner;
  }

  /**
   * The rooms that this client is in, at this moment. Once the session is over the client is in none of
   * them, but the list stays, so that a listener of `disconnected` can tell the others.
   */
  get rooms(): ReadonlySet<string> {
    return new Set(this.#rooms);
  }

  /**
   * Add this client to a room until the session is over; nothing happens if it is there already. A room needs no
   * creation: its name is any string. Their number has no limit, because only the server's own code
   * calls this. Throws `IPC_INVALID_OPTION` for a name that is no string.
   */
  join(room: string): this {
    assertRoomName(room);
    this.#rooms.add(room);
    this.#owner.clients.join(room, this);
    return this;
  }

  /** Remove this client from a room; nothing happens if it is not there. */
  leave(room: string): this {
    this.#rooms.delete(room);
    this.#owner.clients.leave(room, this);
    return this;
  }

  /** The clients in a room, or in one of several, without this one. Throws `IPC_INVALID_OPTION`. */
  to(target: Target | readonly Target[]): Audience<In, Out, Data> {
    return new Audience(this.#owner, targetsOf(target), [{ id: this.id }]);
  }

  /** Send an event to all clients but this one. Throws as `emit` does. */
  broadcast<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): void;
  broadcast(event: string, data?: unknown, more?: unknown): void {
    if (more !== undefined) throw moreMistake("broadcast", `broadcast("${event}", `, more);
    this.#owner.clients.broadcast(event, data, this);
  }
}

/**
 * Some of a server's clients: rooms and single clients, without some others.
 *
 * It never changes: `to` and `except` answer another one. Its clients are looked up each time that something is
 * sent, so an audience may be kept as long as the server.
 */
export class Audience<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
  Data = Record<string, unknown>,
> {
  readonly #owner: ServerClientsOwner;
  /** `undefined` means all clients. */
  readonly #among: readonly Target[] | undefined;
  readonly #without: readonly Target[];

  /** Audiences are made by servers and sockets. */
  constructor(
    owner: ServerClientsOwner,
    among: readonly Target[] | undefined,
    without: readonly Target[] = [],
  ) {
    this.#owner = owner;
    this.#among = among;
    this.#without = without;
  }

  /** Adds rooms or clients. A client in several rooms counts once. Throws `IPC_INVALID_OPTION`. */
  to(target: Target | readonly Target[]): Audience<In, Out, Data> {
    const more = targetsOf(target);
    const among = this.#among === undefined ? undefined : [...this.#among, ...more];
    return new Audience(this.#owner, among, this.#without);
  }

  /** Leaves rooms or clients out, even if `to` names them before or after. Throws `IPC_INVALID_OPTION`. */
  except(target: Target | readonly Target[]): Audience<In, Out, Data> {
    return new Audience(this.#owner, this.#among, [...this.#without, ...targetsOf(target)]);
  }

  /** The sockets of this audience at this moment, each once. */
  get sockets(): readonly IPCServerSocket<In, Out, Data>[] {
    return [...this.#find()];
  }

  /** Send an event to each of them, encoded once. Throws as `socket.emit` does, even if there is no client. */
  emit<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): void;
  emit(event: string, data?: unknown, more?: unknown): void {
    if (more !== undefined) {
      throw moreMistake("emit to several", `to(target).emit("${event}", `, more);
    }
    this.#owner.clients.send(event, data, this.#find());
  }

  /**
   * Call each of them, encoded once, and gather the replies and the failures.
   *
   * `timeout` and `signal` are those of `socket.invoke`, for each call. No peer can make it reject,
   * and neither does the signal: a client that has not answered by then has failed with
   * `IPC_CALL_CANCELLED`. Rejects with what `socket.emit` throws, and with `IPC_INVALID_OPTION` for
   * the timeout; no client is asked then.
   */
  invokeAll<K extends EventName<Out>>(
    event: K,
    ...values: [...data: DataArgument<Out, K>, options?: InvokeOptions]
  ): Promise<Outcomes<IPCServerSocket<In, Out, Data>, ReplyOf<Out, K>>>;
  async invokeAll(
    event: string,
    ...values: readonly unknown[]
  ): Promise<Outcomes<AnyServerSocket, unknown>> {
    const options = optionsOf("invokeAll", event, values);
    if (options instanceof IPCError) throw options;
    const encoded = this.#owner.clients.encodeCall(event, values[0]);
    return invokeAll(this.#find(), encoded, options);
  }

  #find(): Iterable<AnyServerSocket> {
    const { clients } = this.#owner;
    const groups = this.#among?.map((target) => clients.of(target)) ?? [clients.sockets];
    const [first = [], ...others] = groups;
    if (others.length === 0 && this.#without.length === 0) return first;
    const found = new Set(first);
    for (const group of others) for (const socket of group) found.add(socket);
    for (const target of this.#without) {
      for (const socket of clients.of(target)) found.delete(socket);
    }
    return found;
  }
}

/** The outcome of a call of several clients: each is in one of the lists, in the order of the answers. */
export interface Outcomes<S, R> {
  /** The clients that have answered, and their replies. */
  readonly replies: readonly { readonly socket: S; readonly reply: R }[];
  /** The clients that have not answered, and why: the error that `socket.invoke` rejects with. */
  readonly failures: readonly { readonly socket: S; readonly error: CallError }[];
}

/** The errors with which a call may fail. */
export type CallError = IPCError | ProtocolError | RemoteError;

/** Call all of these sockets at once. Fulfilled when each has answered or failed; never rejected. */
async function invokeAll(
  sockets: Iterable<AnyServerSocket>,
  event: EncodedCall,
  options: InvokeOptions,
): Promise<Outcomes<AnyServerSocket, unknown>> {
  const replies: { socket: AnyServerSocket; reply: unknown }[] = [];
  const failures: { socket: AnyServerSocket; error: CallError }[] = [];
  const ask = async (socket: AnyServerSocket): Promise<void> => {
    try {
      const reply: unknown = await callEncoded(socket, event, options);
      replies.push({ socket, reply });
    } catch (error) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- invoke rejects with nothing else
      failures.push({ socket, error: error as CallError });
    }
  };
  await Promise.all(Array.from(sockets, ask));
  return { replies, failures };
}
