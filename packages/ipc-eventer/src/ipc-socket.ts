import type { EncodedEvent } from "@ipc/protocol";
import type { Driver } from "./driver.ts";
import { type Listener, Listeners, type RejectionListener, throwLater } from "./listeners.ts";

/** What the library gives a socket when it makes one. */
export interface SocketInit {
  readonly id: string;
  readonly name: string;
  readonly driver: Driver;
  /** How this side ends the session: a server kicks, a client takes its leave. */
  readonly leave: (reason: string | undefined) => void;
  readonly onRejection: RejectionListener;
}

let raise: (socket: IPCSocket, event: string, data: unknown) => void;
let send: (socket: IPCSocket, event: EncodedEvent) => boolean;
let end: (socket: IPCSocket) => void;

/**
 * One end of a session: `emit` sends an event to the peer, `on` hears what the peer emits.
 *
 * Beside the peer's events, listeners hear these of the library, which a peer cannot raise:
 * `disconnect({ reason, message, error })`, `drain`, `user-pong({ time })`, and `error(err)` for an
 * event that the peer's limits did not allow.
 */
export class IPCSocket {
  /** The client's id, issued by the server: the same on both sides. */
  readonly id: string;
  /** The client's name, as it says itself: the same on both sides. */
  readonly name: string;
  readonly #listeners: Listeners;
  readonly #driver: Driver;
  readonly #leave: SocketInit["leave"];
  #connected = true;

  /** Sockets are made by servers and clients. */
  constructor(init: SocketInit) {
    this.id = init.id;
    this.name = init.name;
    this.#driver = init.driver;
    this.#leave = init.leave;
    this.#listeners = new Listeners(init.onRejection);
  }

  static {
    raise = (socket, event, data) => {
      try {
        socket.#listeners.emit(event, data);
      } catch (error) {
        throwLater(error);
      }
    };
    send = (socket, event) => socket.#connected && socket.#driver.emitEncoded(event);
    end = (socket) => {
      socket.#connected = false;
    };
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
  emit(event: string, data?: unknown): boolean {
    return this.#driver.emit(event, data);
  }

  /** Hear an event, every time. */
  on(event: string, listener: Listener): this {
    this.#listeners.on(event, listener);
    return this;
  }

  /** Hear an event, once. */
  once(event: string, listener: Listener): this {
    this.#listeners.once(event, listener);
    return this;
  }

  /** Hear it no more. */
  off(event: string, listener: Listener): this {
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
export function raiseOn(socket: IPCSocket, event: string, data: unknown): void {
  raise(socket, event, data);
}

/** Send an event that was encoded for several sockets. For the library's own files. */
export function sendEncoded(socket: IPCSocket, event: EncodedEvent): boolean {
  return send(socket, event);
}

/** Mark a socket as closed. For the library's own files. */
export function endSocket(socket: IPCSocket): void {
  end(socket);
}
