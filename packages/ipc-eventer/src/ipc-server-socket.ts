import { Audience } from "./rooms/audience.ts";
import type { ClientsOwner } from "./server/clients.ts";
import type { AnyEvents, DataArgument, EventMap, EventName } from "./listening/event-map.ts";
import { IPCSocket, type SocketInit } from "./ipc-socket.ts";
import { moreMistake } from "./option-mistakes.ts";
import { assertRoomName } from "./rooms/rooms.ts";
import { type Target, targetsOf } from "./rooms/target.ts";

/** The parts of which the library makes a server's socket. */
export interface ServerSocketInit extends SocketInit {
  /** The owner of the other clients. */
  readonly owner: ClientsOwner;
}

/** A server's socket of any map, for the library's own files. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is true of every map
export type AnyServerSocket = IPCServerSocket<any, any, any>;

/**
 * The server's end of a session with one client.
 *
 * `In` maps what the client emits and invokes, `Out` what it hears and handles, `Data` what the
 * application keeps with the socket.
 */
export class IPCServerSocket<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
  Data = Record<string, unknown>,
> extends IPCSocket<In, Out> {
  /** Whatever the application wants to keep with this client, from its middleware on; at first `{}`. */
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the application says what it will be
  data: Data = {} as Data;
  readonly #owner: ClientsOwner;
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
   * Be in a room, as long as the session lasts; nothing happens if it is already. A room needs no
   * making: its name is any string. Their number has no limit, because only the server's own code
   * calls this. Throws `IPC_INVALID_OPTION` for a name that is no string.
   */
  join(room: string): this {
    assertRoomName(room);
    this.#rooms.add(room);
    this.#owner.clients.join(room, this);
    return this;
  }

  /** Leave a room; nothing happens if the client is not in it. */
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
