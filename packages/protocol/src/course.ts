import type { CloseReason } from "./close-reason.ts";
import { encodeBye, encodePing } from "./control.ts";
import { type Conversation, goOn } from "./conversation.ts";
import type { ByteWriter } from "./delivery/connection-writer.ts";
import { Dialogue, type DialogueOwner } from "./dialogue.ts";
import type { ProtocolError } from "./error.ts";
import { reportEvent } from "./event-name.ts";
import type { Hello, Welcome } from "./hello.ts";
import { invalidMessage } from "./invalid-message.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { RecoveryGrant } from "./recovery.ts";
import { endByLoss, endByTime, type SessionEnd } from "./session-end.ts";
import type { SessionParts } from "./session-parts.ts";
import type { SessionOptions } from "./session-options.ts";
import { Succession } from "./succession.ts";

/** What happens to a session: what its inputs, its clock and its end do to its parts. */
export class Course implements DialogueOwner, Conversation {
  readonly parts: SessionParts;
  readonly lifecycle: Lifecycle;
  /** What both sides have agreed on about recovery; `undefined` if the session ends with its connection. */
  grant: RecoveryGrant | undefined;
  /** Bytes read, over all connections. */
  receivedBytes = 0;
  /** How often the session went on over another connection. */
  recovered = 0;
  readonly #dialogue: Dialogue;
  readonly #succession: Succession<Course>;
  /** The session that has taken over the connection of this one. */
  #heir: Course | undefined;
  #leaveBy = Infinity;

  constructor(options: SessionOptions, hello: Hello | undefined, former: Course | undefined) {
    this.#succession = new Succession(
      this,
      options.recovers === true,
      former && former.#succession,
    );
    const words = hello && { ...hello, recovery: this.#succession.request };
    this.#dialogue = new Dialogue(options, words, this);
    this.parts = this.#dialogue.parts;
    this.lifecycle = this.#dialogue.lifecycle;
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    const { connection, exchange, outbound, receipts } = this.parts;
    const { state } = this.lifecycle;
    const own = Math.min(exchange.deadline, outbound.nextExpiry, this.#leaveBy);
    if (state.phase === "parked") return Math.min(own, this.#succession.keptUntil(state.deadline));
    const deadline = Math.min(own, connection.clock.deadline(state));
    return Math.min(deadline, connection.inbound.retryAt, receipts.deadline);
  }

  /** True if the peer has taken leave and does not know yet of all that was delivered. */
  get owesAck(): boolean {
    const { state } = this.lifecycle;
    return state.phase === "closing" && state.end.byPeer && this.parts.receipts.open;
  }

  /** True if this side has taken leave and waits to hear that all was received. */
  get awaitsAck(): boolean {
    const { state } = this.lifecycle;
    if (state.phase !== "closing" || state.end.byPeer || state.end.error !== undefined)
      return false;
    const { connection, outbound } = this.parts;
    const comes = connection.acknowledges && !this.lifecycle.heardBye;
    return comes && outbound.unconfirmedBytes > 0;
  }

  /** See `Session.handleBytes`. */
  handleBytes(chunk: Uint8Array, now: number): void {
    const { connection, receipts } = this.parts;
    connection.clock.heard(now);
    const { phase } = this.lifecycle;
    if (phase === "closed" || phase === "parked") return;
    (this.#heir ?? this).receivedBytes += chunk.length;
    this.#dialogue.read(chunk, now);
    (this.#heir?.parts.receipts ?? receipts).read(chunk.length, now);
  }

  /** See `Session.handleTimeout`. */
  handleTimeout(now: number, lag: number): void {
    const { connection, exchange, outbound, receipts } = this.parts;
    if (now >= connection.inbound.retryAt) this.#dialogue.retry(now);
    exchange.expire(now);
    outbound.expire(now);
    receipts.expire(now);
    if (now >= this.#leaveBy) this.#takeLeave(now);
    const { state } = this.lifecycle;
    if (state.phase === "parked" && now < this.#succession.keptUntil(state.deadline)) return;
    const verdict = connection.clock.judge(state, now, lag);
    if (verdict === "ping") this.ping(0, now);
    else if (verdict === "finish") this.lifecycle.finishClosing();
    else if (verdict === "lost")
      expire(this.lifecycle, "No connection has taken the session up in time.");
    else if (verdict !== "nothing") this.#giveUp(verdict, now);
  }

  /** Ask the peer for a sign of life; 0 is the heartbeat's. */
  ping(time: number, now: number): void {
    this.parts.connection.clock.pinged(now);
    this.parts.outbound.transmission.pushControl(encodePing(time));
  }

  /** See `Session.handleDisconnect`. */
  handleDisconnect(error: Error | undefined, now: number): void {
    const { connection } = this.parts;
    const { phase } = this.lifecycle;
    // The connection of a merged session is another's, and a parked one has none.
    if (phase === "merged" || phase === "parked") return;
    if (phase === "closing") {
      this.lifecycle.finishClosing();
    } else if (phase !== "closed") {
      const end = endByLoss(phase === "open", connection.inbound.end() ?? error);
      if (phase === "open" && this.grant !== undefined) this.#park(end, this.grant, now);
      else this.lifecycle.finish(end);
    }
    connection.writer.dropKeys();
  }

  /** See `Session.writeOut`. */
  writeOut(writer: ByteWriter): void {
    const { connection, inbox, outbound } = this.parts;
    const isOpen = this.lifecycle.phase === "open";
    if (isOpen && this.#mayLeave()) this.#takeLeave(connection.clock.now);
    const overfull = isOpen ? outbound.admission.judge() : undefined;
    if (overfull !== undefined) this.lifecycle.breakOff(overfull);
    if (!connection.writer.blocked) this.#acknowledge();
    outbound.writeOut(writer, !this.owesAck);
    for (const mark of outbound.takeFlushed()) inbox.tell({ type: "flushed", mark });
    const drops = outbound.takeDrops();
    if (drops !== undefined) inbox.push(reportEvent, drops);
    if (isOpen && outbound.admission.takeDrain()) inbox.push("drain", undefined);
    if (this.lifecycle.phase === "closed") connection.writer.dropKeys();
    else connection.prepare();
  }

  /** See `Session.close`. */
  close(reason: CloseReason, now: number, message?: string, received?: readonly number[]): void {
    if (this.lifecycle.isEnding) return;
    // What was held for the next session leaves now: whoever closes may not have another.
    this.parts.outbound.schedule.release();
    this.#sayGoodbye(reason, now, message, received);
  }

  /** See `Session.refuse`. */
  refuse(error: ProtocolError, now: number): void {
    if (this.lifecycle.isEnding) return;
    this.parts.connection.clock.set(now);
    this.lifecycle.fail(error);
  }

  /** See `Session.leave`. */
  leave(within: number, now: number, holds: boolean): void {
    if (this.lifecycle.phase !== "open") return;
    this.#leaveBy = now + within;
    if (holds) this.parts.outbound.schedule.hold();
  }

  /** See `Session.lose`. */
  lose(received: readonly number[] | undefined): void {
    if (this.lifecycle.phase !== "parked") return;
    if (received !== undefined) this.parts.outbound.confirm(received);
    expire(this.lifecycle, "The session could not go on over another connection.");
  }

  handleWelcome({ recovery }: Welcome): void {
    const former = this.#succession.takeFormer();
    const { request } = this.#succession;
    if (recovery?.resumed !== true) {
      if (request !== undefined) this.grant = recovery;
      this.lifecycle.open();
      return;
    }
    const [ours, theirs] = [request?.received, recovery.received];
    if (former === undefined || ours === undefined || theirs === undefined) {
      throw invalidMessage("a welcome back to nowhere");
    }
    if (former.lifecycle.phase !== "parked") {
      // The application has closed it while the server was asked.
      this.#sayGoodbye("requested", this.parts.connection.clock.now);
      return;
    }
    if (!goOn(former, this, { theirs, ours })) {
      expire(former.lifecycle, "The server has other counts of it.");
      throw invalidMessage("a welcome back that does not fit the session");
    }
    this.#heir = former;
  }

  handleFarewell(end: SessionEnd, received: readonly number[] | undefined): void {
    const former = this.#succession.takeFormer();
    // The server has ended that one while there was no connection.
    if (received !== undefined && former?.lifecycle.phase === "parked") {
      former.parts.outbound.confirm(received);
      former.lifecycle.finish(end);
    }
    this.lifecycle.close(end);
  }

  handleFailure(error: unknown): void {
    if (this.#heir !== undefined) this.#heir.handleFailure(error);
    else if (this.lifecycle.phase === "closing") this.lifecycle.finishClosing();
    else if (!this.lifecycle.isEnding) this.lifecycle.fail(error);
  }

  #acknowledge(): void {
    const { inbox, outbound, receipts } = this.parts;
    const last = this.owesAck;
    if (!last && this.lifecycle.phase !== "open") return;
    if (last && !inbox.settled) return;
    const ack = last ? receipts.takeLast() : receipts.take(!outbound.transmission.empty);
    if (ack !== undefined) outbound.transmission.pushControl(ack);
  }

  #park(end: SessionEnd, { window }: RecoveryGrant, now: number): void {
    this.#leaveBy = Infinity;
    this.lifecycle.park(end, now + window);
  }

  /** Give the peer up; a session that can be recovered waits for it. */
  #giveUp(error: ProtocolError, now: number): void {
    const { grant } = this;
    if (error.code === "IPC_HEARTBEAT_TIMEOUT" && grant !== undefined) {
      this.#park({ reason: "timed-out", error, byPeer: false }, grant, now);
    } else {
      this.lifecycle.breakOff(error);
    }
  }

  #mayLeave(): boolean {
    const { exchange, inbox, outbound } = this.parts;
    // Taking leave forgets what was not delivered: a write in the midst of delivery must not do it.
    return this.#leaveBy < Infinity && outbound.settled && exchange.pending === 0 && inbox.settled;
  }

  #takeLeave(now: number): void {
    this.#leaveBy = Infinity;
    if (this.lifecycle.isEnding) return;
    this.#sayGoodbye("server-closing", now, "The server asked to come back.");
  }

  #sayGoodbye(
    reason: CloseReason,
    now: number,
    message?: string,
    received?: readonly number[],
  ): void {
    const { connection, inbox, outbound, receipts } = this.parts;
    const { transmission } = outbound;
    connection.clock.set(now);
    const ack = this.lifecycle.phase === "open" ? receipts.takeLast() : undefined;
    if (ack !== undefined) transmission.pushControl(ack);
    if (!connection.inbound.isOpening)
      transmission.pushFarewell(encodeBye(reason, message, received));
    inbox.clear();
    this.lifecycle.close({ reason, message, byPeer: false });
  }
}

function expire(lifecycle: Lifecycle, text: string): void {
  const { state } = lifecycle;
  const cause = state.phase === "parked" ? state.end.error : undefined;
  lifecycle.finish(endByTime(cause, text));
}
