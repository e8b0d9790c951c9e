import type { AnyEvents, DataArgument, EventMap, EventName } from "./event-map.ts";
import { IPCSocket, type SocketInit } from "./ipc-socket.ts";

/** What the library gives a server's socket when it makes one. */
export interface ServerSocketInit extends SocketInit {
  readonly broadcast: (except: AnyServerSocket, event: string, data: unknown) => void;
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
  readonly #broadcast: ServerSocketInit["broadcast"];

  /** Sockets are made by the server. */
  constructor(init: ServerSocketInit) {
    super(init);
    this.#broadcast = init.broadcast;
  }

  /** Send an event to all clients but this one. Throws as `emit` does. */
  broadcast<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): void;
  broadcast(event: string, data?: unknown): void {
    this.#broadcast(this, event, data);
  }
}
