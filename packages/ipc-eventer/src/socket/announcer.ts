import type { EventEmitter } from "node:events";
import { isError, type SessionEnd } from "@ipc/protocol";
import {
  writeDebugLog,
  connectionChannel,
  errorChannel,
  sessionChannel,
} from "../diagnostics/diagnostics.ts";
import { isEncryptionError } from "../encryption.ts";
import { ErrorDigest } from "../diagnostics/error-digest.ts";
import { codeOf } from "../errors.ts";
import type { AnySocket } from "../ipc-socket.ts";
import { checkRuntime } from "../runtime.ts";
import { emitSafely, rejectUnhandled } from "../listening/listeners.ts";
import { listenersOn } from "../listening/socket-events.ts";

/** Tells an application what happens: the listeners of a server or client, and the diagnostics channels. */
export class Announcer {
  readonly #emitter: EventEmitter;
  readonly #from: { readonly endpoint: string; readonly role: "client" | "server" };
  readonly #digest = new ErrorDigest({
    all: (error, socket) => void this.#raiseOnAll(error, socket),
    own: (error, socket) => listenersOn(socket).raise("error", error),
  });

  constructor(emitter: EventEmitter, role: "client" | "server", endpoint: string) {
    checkRuntime();
    writeDebugLog();
    this.#emitter = emitter;
    this.#from = { endpoint, role };
  }

  /** True if the application listens to errors. */
  get hearsErrors(): boolean {
    return this.#emitter.listenerCount("error") > 0;
  }

  /** Tell whether the application listens to an event on the server or client. */
  hears(event: string): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Emit on the server or client; what a listener throws surfaces as from any callback. */
  emit(event: string, ...values: unknown[]): void {
    emitSafely(this.#emitter, event, ...values);
  }

  /** An event of a peer that its socket has heard surfaces on the server or client too. */
  surface(event: string, data: unknown, socket: AnySocket): void {
    if (this.#emitter.listenerCount(event) > 0) emitSafely(this.#emitter, event, data, socket);
  }

  /** Tell all listeners of an error; true if a listener of the server's or client's `error` was told. */
  report(error: unknown, socket?: AnySocket): boolean {
    this.publish(error);
    return this.raise(error, socket);
  }

  /**
   * Tell of an error that peers can cause as often as they like: the listeners hear of the first of
   * its kind, and once a second of all more together.
   */
  reportSummed(error: unknown, socket?: AnySocket, byPeer = false): void {
    this.publish(error);
    if (isError(error)) this.#digest.add(error, socket, byPeer);
    else this.raise(error, socket);
  }

  /** Tell the listeners now of what was summed up. */
  flush(): void {
    this.#digest.flush();
  }

  /** Tell of an error on the diagnostics channel alone. */
  publish(error: unknown): void {
    if (errorChannel.hasSubscribers) errorChannel.publish({ ...this.#from, error });
  }

  /** Tell of an error the listeners alone; answers as `report`. */
  raise(error: unknown, socket?: AnySocket): boolean {
    if (socket !== undefined && socket.listenerCount("error") > 0)
      listenersOn(socket).raise("error", error);
    return this.#raiseOnAll(error, socket);
  }

  /** The promise of a listener was rejected: that is the application's own error, and not lost. */
  reject(error: unknown, event?: unknown): void {
    // A listener of `error` that rejects would be told of itself without end.
    if (event === "error" || !this.report(error)) void rejectUnhandled(error);
  }

  /** A connection was made or accepted, or is over. */
  tellConnection(state: "open" | "closed"): void {
    if (connectionChannel.hasSubscribers) connectionChannel.publish({ ...this.#from, state });
  }

  /** A session has begun, or is over. */
  tellSession({ id, name }: AnySocket, end?: SessionEnd): void {
    if (!sessionChannel.hasSubscribers) return;
    const state = end === undefined ? "open" : "closed";
    sessionChannel.publish({ ...this.#from, state, id, name, reason: end?.reason });
  }

  /** Tell the listeners of the server or client. */
  #raiseOnAll(error: unknown, socket: AnySocket | undefined): boolean {
    if (isEncryptionError(codeOf(error))) this.emit("encryption:error", error);
    if (!this.hearsErrors) return false;
    if (socket === undefined || this.#from.role === "client") this.emit("error", error);
    else this.emit("error", error, socket);
    return true;
  }
}
