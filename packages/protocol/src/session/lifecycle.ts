import { isError } from "../realms.ts";
import { callIdsIn } from "../outbox/batch.ts";
import type { Remains } from "../outbox/send-queue.ts";
import { Remnants, type Unsent, unsentOf } from "../outbox/undelivered.ts";
import { ProtocolError } from "../error.ts";
import { reportEvent } from "../messages/event-name.ts";
import { encodeRefusal, refusalCode } from "../opening/refusal.ts";
import { blameFor, endByTime, endOver, type SessionEnd } from "./session-end.ts";
import type { SessionParts } from "./session-parts.ts";
import { type Phase, type SessionState, transition } from "./session-state.ts";

/** The one place where a session changes its state, and what each change does to its parts. */
export class Lifecycle {
  readonly #parts: SessionParts;
  #state: SessionState = { phase: "preface" };
  #heardBye = false;
  #remains: Remains | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): SessionState {
    return this.#state;
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  /** True in the phases `closing`, `closed` and `merged`. */
  get isEnding(): boolean {
    const { phase } = this.#state;
    return phase === "closing" || phase === "closed" || phase === "merged";
  }

  /** Client: true once the server has answered the hello, or will not. */
  get hasAnswer(): boolean {
    const { phase } = this.#state;
    return phase !== "preface" && phase !== "welcome";
  }

  /** The events that were never written when the session ended, until `forget`; `undefined` if there are none. */
  get unsent(): Unsent | undefined {
    return this.#remains && unsentOf(this.#remains, this.#parts.encoder.serialization);
  }

  /** True if both sides have said goodbye. */
  get heardBye(): boolean {
    return this.#heardBye;
  }

  /** The peer says goodbye as well. */
  hearBye(): void {
    this.#heardBye = true;
  }

  /** Server: wait for the client's hello. */
  awaitHello(): void {
    this.#move({ phase: "hello" });
  }

  /** Client: wait for the server's welcome. */
  awaitWelcome(): void {
    this.#move({ phase: "welcome" });
  }

  /** Server: the hello has come, the application decides. What it emits meanwhile leaves behind the welcome. */
  awaitAccept(): void {
    const { connection, outbox } = this.#parts;
    this.#move({ phase: "accepting" });
    connection.messages.allowEvents();
    outbox.hold("nothing");
    outbox.flow.keep();
  }

  /** Events go both ways from now on. */
  open(): void {
    const { connection, inbox, outbox } = this.#parts;
    this.#move({ phase: "open" });
    connection.messages.openUp();
    inbox.open();
    outbox.release();
    outbox.flow.open();
  }

  /** The connection is gone; wait for another one until the deadline. */
  park(end: SessionEnd, deadline: number): void {
    const { connection, inbox, outbox } = this.#parts;
    this.#move({ phase: "parked", end, deadline });
    connection.inbound.stop();
    connection.writer.dropKeys();
    outbox.detach();
    inbox.tell({ type: "parked", end });
  }

  /** Go on over the connection that is now among the parts. */
  resume(): void {
    const { connection, inbox } = this.#parts;
    this.#move({ phase: "open" });
    connection.messages.openUp();
    inbox.tell({ type: "resumed" });
  }

  /** The connection belongs to the session that it has taken up. */
  merge(): void {
    this.#move({ phase: "merged" });
    this.#parts.outbox.detach();
  }

  /** Take nothing more from the peer but what it acknowledges, and let what is queued leave. */
  close(end: SessionEnd): void {
    if (this.#state.phase === "parked") {
      this.finish(end);
      return;
    }
    const { connection, exchange, outbox, streams } = this.#parts;
    const counts = this.#state.phase === "open" && connection.acknowledges;
    this.#move({ phase: "closing", end, deadline: connection.clock.closeDeadline });
    // A peer that has said goodbye drops what still comes: that was not sent.
    if (counts && end.byPeer) outbox.hold("nothing");
    else outbox.hold("ending");
    if (counts && !end.byPeer && end.error === undefined) connection.messages.takeOnlyAcks();
    else connection.inbound.stop();
    // Messages that wait still leave, unless they were kept back or the peer takes nothing more: those calls
    // were not sent.
    exchange.end(() => callIdsIn(outbox.stranded()), blameFor(end));
    streams.end(end.error, blameFor(end));
    this.#shut();
  }

  /** Close over something the peer did, and tell it. */
  fail(cause: unknown): void {
    const error = isError(cause) ? cause : new Error(String(cause));
    this.#parts.outbox.writer.pushFarewell(encodeRefusal(refusalCode(error)));
    this.close(endOver(error));
  }

  /** End, and send nothing more. What the peer sent is still delivered, and what is emitted until then is kept. */
  finish(end: SessionEnd): void {
    const { connection, inbox, outbox, exchange, streams } = this.#parts;
    this.#move({ phase: "closed", end });
    connection.inbound.stop();
    for (const mark of outbox.takeFlushed()) inbox.tell({ type: "flushed", mark });
    outbox.hold("nothing");
    exchange.end(() => callIdsIn(outbox.stranded()), blameFor(end));
    streams.end(end.error, blameFor(end));
    this.#shut();
    outbox.writer.clear();
    this.#tellUnflushed(end);
    inbox.end(() => this.#conclude(end));
  }

  /** End the parked session: no connection has taken it up. */
  expire(text: string): void {
    const cause = this.#state.phase === "parked" ? this.#state.end.error : undefined;
    this.finish(endByTime(cause, text));
  }

  /** The end was delivered: forget what was not sent. */
  forget(): void {
    this.#remains = undefined;
  }

  /** End what is closing. */
  finishClosing(): void {
    if (this.#state.phase === "closing") this.finish(this.#state.end);
  }

  /** End at once: the peer does not read. The farewell leaves if the connection takes it. */
  breakOff(error: ProtocolError): void {
    this.finish(endOver(error));
    this.#parts.outbox.writer.pushFarewell(encodeRefusal(error.code));
  }

  /** The end, with what was not sent or not acknowledged; `undefined` if there is more to deliver before. */
  #conclude(end: SessionEnd): SessionEnd | undefined {
    const { encoder, inbox, outbox, acks, streams } = this.#parts;
    outbox.flow.beLenient();
    streams.end(end.error, blameFor(end));
    this.#tellUnflushed(end);
    const drops = outbox.takeDrops();
    if (drops !== undefined) inbox.push(reportEvent, drops);
    if (inbox.size > 0) return undefined;
    acks.confirm();
    outbox.flow.end();
    const remains = outbox.remains();
    outbox.clear();
    this.#remains = remains;
    const lost = new Remnants(remains.unsent, remains.unconfirmed, encoder.serialization);
    return lost.empty ? end : { ...end, lost };
  }

  #tellUnflushed(end: SessionEnd): void {
    const { inbox, outbox } = this.#parts;
    for (const mark of outbox.takeUnflushed()) {
      inbox.tell({ type: "flushed", mark, error: notFlushed(end) });
    }
  }

  #shut(): void {
    const { inbox, outbox, acks } = this.#parts;
    outbox.shut();
    if (inbox.isOpen) return;
    inbox.clear();
    acks.forfeit();
  }

  #move(to: SessionState): void {
    this.#state = transition(this.#state, to);
  }
}

function notFlushed(end: SessionEnd): ProtocolError {
  const blame = blameFor(end);
  const ended = blame === "caller" ? "This side closed the session" : "The session ended";
  return new ProtocolError(
    "IPC_SESSION_LOST",
    blame,
    `${ended} before the peer had acknowledged everything.`,
    { cause: end.error },
  );
}
