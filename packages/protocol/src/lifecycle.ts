import type { ProtocolError } from "./error.ts";
import { encodeRefusal, refusalCode } from "./refusal.ts";
import { endOver, type SessionEnd } from "./session-end.ts";
import type { SessionParts } from "./session-parts.ts";
import { type Phase, type SessionState, transition } from "./session-state.ts";

/** The one place where a session changes its state, and what each change does to its parts. */
export class Lifecycle {
  readonly #parts: SessionParts;
  #state: SessionState = { phase: "preface" };

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): SessionState {
    return this.#state;
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  /** True in the phases `closing` and `closed`. */
  get isEnding(): boolean {
    return this.#state.phase === "closing" || this.#state.phase === "closed";
  }

  /** Server: wait for the client's hello. */
  awaitHello(): void {
    this.#move({ phase: "hello" });
  }

  /** Client: wait for the server's welcome. */
  awaitWelcome(): void {
    this.#move({ phase: "welcome" });
  }

  /** Server: the hello has come, the application decides. */
  awaitAccept(): void {
    this.#move({ phase: "accepting" });
    this.#parts.messages.allowEvents();
  }

  /** Events go both ways from now on. */
  open(): void {
    const { messages, inbox, outbound } = this.#parts;
    this.#move({ phase: "open" });
    messages.openUp();
    inbox.open();
    outbound.open();
  }

  /** Take nothing more from the peer, and let what is queued leave. */
  close(end: SessionEnd): void {
    this.#move({ phase: "closing", end, deadline: this.#parts.clock.closeDeadline });
    this.#shut();
  }

  /** Close over something the peer did, and tell it. */
  fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#parts.outbound.pushControl(encodeRefusal(refusalCode(error)));
    this.close(endOver(error));
  }

  /** End, and let go of all that is queued. What the peer sent is still delivered. */
  finish(end: SessionEnd): void {
    this.#move({ phase: "closed", end });
    this.#shut();
    this.#parts.outbound.clear();
    this.#parts.inbox.end(end);
  }

  /** End what is closing. */
  finishClosing(): void {
    if (this.#state.phase === "closing") this.finish(this.#state.end);
  }

  /** End at once: nobody reads there. The farewell leaves if the connection takes it. */
  breakOff(error: ProtocolError): void {
    this.finish(endOver(error));
    this.#parts.outbound.pushControl(encodeRefusal(error.code));
  }

  #shut(): void {
    const { inbound, inbox, outbound, exchange } = this.#parts;
    inbound.stop();
    exchange.end();
    outbound.shut();
    inbox.clearUnlessOpen();
  }

  #move(to: SessionState): void {
    this.#state = transition(this.#state, to);
  }
}
