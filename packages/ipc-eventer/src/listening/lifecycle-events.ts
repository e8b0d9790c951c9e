import type { Lost, SessionEnd } from "@ipc/protocol";
import type { EventName } from "./event-map.ts";

/** The identity of a client, as the server's `connected` tells it. */
export interface ClientMeta {
  readonly id: string;
  readonly name: string;
  /** The client's process id, as it says itself. */
  readonly pid?: number | undefined;
  /** The client application's own version. */
  readonly version?: string | undefined;
}

/** The events that a server emits on itself beside its clients'. Listeners may answer promises: a rejection goes to `error`. */
export interface ServerLifecycle<S> {
  /** Clients can connect; `name` is the endpoint's name as given. */
  listening(name: string): unknown;
  /** A client's connection carries a session: a new one, or with `recovered` one that goes on. */
  connect(socket: S, info: { readonly recovered: boolean }): unknown;
  /** A new session is open. Events of the client are delivered from the next turn of the loop on. */
  connected(socket: S, meta: ClientMeta): unknown;
  /** A client's connection is over; fires at once. */
  disconnect(socket: S, end: SessionEnd): unknown;
  /** Before `disconnected`: what was emitted to a client in its session and is not known to have arrived. */
  lost(lost: Lost, socket: S): unknown;
  /** A client's session is over. */
  disconnected(socket: S, end: SessionEnd): unknown;
  /** Something failed: the server itself, a peer, or a listener's promise. */
  error(error: Error, socket?: S): unknown;
  /** Passwords do not fit, or an encrypted stream was altered; `error` tells the same. */
  "encryption:error"(error: Error): unknown;
  /** A client answered `userPing`. */
  "user-pong"(pong: { readonly time: number }, socket: S): unknown;
}

/** The events that a client emits on itself beside its server's. */
export interface ClientLifecycle<S> {
  /** A connection carries the session: a new one, or with `recovered` the one before. */
  connect(info: { readonly recovered: boolean }): unknown;
  /** A new session is open. Events of the server are delivered from the next turn of the loop on. */
  connected(socket: S, meta: { readonly id: string; readonly name: string }): unknown;
  /** The server disconnected this client on purpose; it does not come back by itself. */
  kicked(info: { readonly reason: string }): unknown;
  /** The connection is over; fires at once. */
  disconnect(end: SessionEnd): unknown;
  /** Before `disconnected`: what was emitted in the session, is not known to have arrived, and is not carried by the next. */
  lost(lost: Lost, socket: S): unknown;
  /** The session is over. */
  disconnected(socket: S, end: SessionEnd): unknown;
  /** Something failed: an attempt to connect, the peer, or a listener's promise. */
  error(error: Error): unknown;
  /** Passwords do not fit, or an encrypted stream was altered; `error` tells the same. */
  "encryption:error"(error: Error): unknown;
  /** The server answered `userPing`. */
  "user-pong"(pong: { readonly time: number }, socket: S): unknown;
}

/** The events that the library itself raises on a socket; a peer cannot. */
export interface SocketLifecycle {
  /** The session goes on over a new connection. */
  connect(info: { readonly recovered: boolean }): unknown;
  /** The connection is over; fires at once, whatever follows. */
  disconnect(end: SessionEnd): unknown;
  /** The session is over: what was emitted in it, is not known to have arrived, and is not carried by the next. */
  lost(lost: Lost): unknown;
  /** After `emit` answered false: everything queued has left. */
  drain(): unknown;
  /** An event could not be sent or was dropped; nothing else is harmed. */
  error(error: Error): unknown;
  /** The peer answered `userPing`; `time` is the `Date.now()` of the ping. */
  "user-pong"(pong: { readonly time: number }): unknown;
}

/**
 * The names that may be emitted locally: with a map, a remote event's name is refused at compile
 * time with a sentence that names the right method.
 */
export type LocalName<K, Out> =
  string extends EventName<Out>
    ? K
    : K extends EventName<Out>
      ? "This is an event for the peer: use broadcastAll() or socket.emit()."
      : K;
