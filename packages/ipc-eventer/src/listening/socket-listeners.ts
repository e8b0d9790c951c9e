import type { AnyListener } from "./event-map.ts";
import type { SocketLifecycle } from "./lifecycle-events.ts";
import { emitSafely, Listeners } from "./listeners.ts";

/** The events of a socket's life, which many producers may wait for at once. */
const waitedFor: ReadonlySet<string> = new Set<keyof SocketLifecycle>([
  "connect",
  "disconnect",
  "drain",
  "error",
  "lost",
  "user-pong",
]);

/** The listeners of one socket: those of single events, and those that hear every event of the peer. */
export class SocketListeners extends Listeners {
  #any: Listeners | undefined;

  /** Attach a listener that runs once. Any number of these may wait for an event of the library's own: that is no leak. */
  override once(event: string, listener: AnyListener): this {
    if (!waitedFor.has(event)) return super.once(event, listener);
    const limit = this.getMaxListeners();
    super.setMaxListeners(0);
    try {
      return super.once(event, listener);
    } finally {
      super.setMaxListeners(limit);
    }
  }

  override setMaxListeners(count: number): this {
    this.#any?.setMaxListeners(count);
    return super.setMaxListeners(count);
  }

  /** Run the listeners of a lifecycle event; what one throws surfaces as an uncaught exception. */
  raise(event: string, data: unknown): void {
    emitSafely(this, event, data);
  }

  /** Run the listeners of an event of the peer, as `raise`, and those that hear every event. */
  hear(event: string, data: unknown): void {
    emitSafely(this, event, data);
    if (this.#any !== undefined) emitSafely(this.#any, "any", event, data);
  }

  /** Tell whether an event of the peer has a listener. */
  hears(event: string): boolean {
    return this.listenerCount(event) > 0 || (this.#any?.listenerCount("any") ?? 0) > 0;
  }

  /** Attach a listener to every event of the peer, until a signal is aborted if there is one. */
  listenToAny(listener: AnyListener, signal: AbortSignal | undefined): void {
    this.#any ??= new Listeners((error) => this.reject(error)).setMaxListeners(
      this.getMaxListeners(),
    );
    this.#any.listen("on", "any", listener, signal);
  }

  /** Take such a listener off. */
  offAny(listener: AnyListener): void {
    this.#any?.off("any", listener);
  }

  override leaveSignals(): void {
    super.leaveSignals();
    this.#any?.leaveSignals();
  }
}
