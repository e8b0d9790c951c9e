import type { CloseReason } from "../close-reason.ts";
import { encodeBye, type Refusal } from "../messages/control.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { SessionParts } from "./session-parts.ts";

/** Ends a session with its peer: when it may, with which messages, and with which last counts of either side. */
export class Parting {
  readonly #parts: SessionParts;
  readonly #lifecycle: Lifecycle;
  /** The instant at which this side leaves, since the server has asked; Infinity if it has not. */
  #leaveBy = Infinity;

  constructor(parts: SessionParts, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#lifecycle = lifecycle;
  }

  /** The instant at which it is time to leave in any case; Infinity if never. */
  get deadline(): number {
    return this.#leaveBy;
  }

  /** Leave as soon as nothing is open, at the latest at an instant; Infinity to stay. */
  leaveBy(deadline: number): void {
    this.#leaveBy = deadline;
  }

  /** True if this side is to leave, and nothing is open: a call that was never sent is not. */
  get mayLeave(): boolean {
    if (this.#leaveBy === Infinity) return false;
    const { exchange, inbox, outbox } = this.#parts;
    // A goodbye forgets what was not delivered: a write in the midst of delivery must not cause it.
    return outbox.settled && exchange.pending === outbox.heldCalls && inbox.settled;
  }

  /** Leave now, as the server has asked. */
  leave(now: number): void {
    this.#leaveBy = Infinity;
    if (this.#lifecycle.isEnding) return;
    this.sayGoodbye("server-closing", now, "The server asked to come back.");
  }

  /** Say bye, and what is to be said before it. */
  sayGoodbye(
    reason: CloseReason,
    now: number,
    message?: string,
    received?: number,
    refusal?: Refusal,
  ): void {
    const { connection, inbox, outbox, acks } = this.#parts;
    const { writer } = outbox;
    connection.clock.set(now);
    const ack = this.#lifecycle.phase === "open" ? acks.takeLast() : undefined;
    if (ack !== undefined) writer.pushControl(ack);
    if (!connection.inbound.isOpening)
      writer.pushFarewell(encodeBye(reason, message, received, refusal));
    inbox.clear();
    acks.forfeit();
    this.#lifecycle.close({ reason, message, byPeer: false });
  }

  /** True if the peer has said goodbye and does not know yet of all that was delivered. */
  get owesAck(): boolean {
    const { state } = this.#lifecycle;
    return state.phase === "closing" && state.end.byPeer && this.#parts.acks.open;
  }

  /** True if this side has said goodbye and waits for the acknowledgement of all that it sent. */
  get awaitsAck(): boolean {
    const { state } = this.#lifecycle;
    if (state.phase !== "closing" || state.end.byPeer || state.end.error !== undefined)
      return false;
    const { connection, outbox } = this.#parts;
    const comes = connection.acknowledges && !this.#lifecycle.heardBye;
    return comes && outbox.unconfirmedBytes > 0;
  }

  /** Queue the acknowledgement that is due: of a session that goes on, or the last one. */
  acknowledge(): void {
    const { inbox, outbox, acks } = this.#parts;
    const last = this.owesAck;
    if (!last && this.#lifecycle.phase !== "open") return;
    if (last && !inbox.settled) return;
    const ack = last ? acks.takeLast() : acks.take(!outbox.writer.empty);
    if (ack !== undefined) outbox.writer.pushControl(ack);
  }
}
