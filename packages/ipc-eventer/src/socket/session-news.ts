import type { Lost, SessionEnd } from "@ipc/protocol";
import type { Announcer } from "./announcer.ts";
import { isEncryptionError } from "../encryption.ts";
import { codeOf, isFailure } from "../errors.ts";
import { type AnySocket, freeDrain, setSocketState } from "../ipc-socket.ts";
import { listenersOn } from "../listening/socket-events.ts";

/** Tells an application what becomes of a session: on its socket first, then on the server or client. */
export class SessionNews {
  readonly #announcer: Announcer;
  readonly #role: "client" | "server";
  /** The sockets of sessions that wait for a connection. */
  readonly #parked = new WeakSet<AnySocket>();

  constructor(announcer: Announcer, role: "client" | "server") {
    this.#announcer = announcer;
    this.#role = role;
  }

  /** Its connection is gone, and it is parked until another one takes it up. */
  parked(socket: AnySocket, end: SessionEnd): void {
    setSocketState(socket, "parked");
    this.#parked.add(socket);
    if (isFailure(end)) this.#tellFailure(end.error, socket);
    this.#disconnected(socket, end);
  }

  /** It goes on over another connection. */
  resumed(socket: AnySocket): void {
    setSocketState(socket, "connected");
    this.#parked.delete(socket);
    const info = { recovered: true };
    listenersOn(socket).raise("connect", info);
    this.#emit("connect", info, socket);
  }

  /** Something that was emitted in it is not known to have arrived. */
  lost(socket: AnySocket, lost: Lost): void {
    listenersOn(socket).raise("lost", lost);
    this.#announcer.emit("lost", lost, socket);
  }

  /** It is over, and its socket says so already. */
  over(socket: AnySocket, end: SessionEnd): void {
    this.#announcer.tellSession(socket, end);
    // Code that waits for the queue to empty goes on, and finds the socket closed.
    freeDrain(socket);
    if (this.#parked.delete(socket)) this.#kicked(end);
    else this.#disconnected(socket, end);
    this.#announcer.emit("disconnected", socket, end);
  }

  /** Bytes that were altered are told at once: the next connection may be cut in the same way. */
  #tellFailure(error: Error | undefined, socket: AnySocket): void {
    if (isEncryptionError(codeOf(error))) this.#announcer.reportSummed(error, socket, true);
    // Of all else the listeners of `error` hear if the session is lost.
    else this.#announcer.publish(error);
  }

  #disconnected(socket: AnySocket, end: SessionEnd): void {
    listenersOn(socket).raise("disconnect", end);
    this.#kicked(end);
    this.#emit("disconnect", end, socket);
  }

  #kicked({ byPeer, message, reason }: SessionEnd): void {
    if (this.#role === "server" || !byPeer || reason !== "kicked") return;
    this.#announcer.emit("kicked", { reason: message ?? "kicked" });
  }

  // A server tells whose news it is; a client has one session.
  #emit(event: string, news: unknown, socket: AnySocket): void {
    if (this.#role === "client") this.#announcer.emit(event, news);
    else this.#announcer.emit(event, socket, news);
  }
}
