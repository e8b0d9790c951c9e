import type { CloseReason } from "../close-reason.ts";
import { encodePing, type Refusal } from "../messages/control.ts";
import { type Conversation, Succession } from "./succession.ts";
import type { ByteWriter } from "../opening/connection-writer.ts";
import { Dialogue, type DialogueOwner } from "./dialogue.ts";
import type { ProtocolError } from "../error.ts";
import { reportEvent } from "../messages/event-name.ts";
import type { Hello, Welcome } from "../messages/hello.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { Parting } from "./parting.ts";
import type { RecoveryGrant } from "../messages/recovery.ts";
import { endByLoss, type SessionEnd } from "./session-end.ts";
import type { SessionParts } from "./session-parts.ts";
import type { NewSessionOptions } from "../session-options.ts";

/** Milliseconds by which any timer may be late without a blocked loop. */
const toleratedLag = 10;

/** The longest time in milliseconds for which the peer is not judged after the own loop was blocked. */
const longestExcuse = 1_000;

/** The course of a session: what its inputs, its clock and its end do to its parts. */
export class Course implements DialogueOwner, Conversation {
  readonly parts: SessionParts;
  readonly lifecycle: Lifecycle;
  readonly parting: Parting;
  /** The terms on which the session is recovered; `undefined` if it ends with its connection. */
  grant: RecoveryGrant | undefined;
  /** Bytes read, over all connections. */
  receivedBytes = 0;
  /** How often the session went on over another connection. */
  recovered = 0;
  /** The instant until which the peer is not judged, since the own loop was blocked. */
  #excusedUntil = -Infinity;
  /** Milliseconds for which it was blocked; 0 when the peer was judged since. */
  #excusedLag = 0;
  readonly #dialogue: Dialogue;
  readonly #succession: Succession<Course>;
  /** The session that has taken over the connection of this one. */
  #heir: Course | undefined;

  constructor(options: NewSessionOptions, hello: Hello | undefined, former: Course | undefined) {
    this.#succession = new Succession(
      this,
      options.recovers === true,
      former && former.#succession,
    );
    const words = hello && { ...hello, recovery: this.#succession.request };
    this.#dialogue = new Dialogue(options, words, this);
    this.parts = this.#dialogue.parts;
    this.lifecycle = this.#dialogue.lifecycle;
    this.parting = new Parting(this.parts, this.lifecycle);
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    const { connection, outbox, acks } = this.parts;
    const { deadline: look } = outbox.flow;
    if (look === 0) return 0;
    const owed = Math.max(Math.min(this.#owed, look), this.#excusedUntil);
    const deadline = Math.min(owed, outbox.nextExpiry);
    if (this.lifecycle.phase === "parked") return deadline;
    return Math.min(deadline, connection.inbound.retryAt, acks.deadline);
  }

  /** See `Session.handleBytes`. */
  handleBytes(chunk: Uint8Array, now: number): void {
    const { connection, acks } = this.parts;
    connection.clock.heard(now);
    const { phase } = this.lifecycle;
    if (phase === "closed" || phase === "parked") return;
    (this.#heir ?? this).receivedBytes += chunk.length;
    this.#dialogue.read(chunk, now);
    (this.#heir?.parts.acks ?? acks).read(chunk.length, now);
  }

  /** Read what a client has sent before it was accepted. */
  readEarly(now: number): void {
    this.#dialogue.readEarly(now);
  }

  /** See `Session.handleTimeout`. */
  handleTimeout(now: number, lag: number): void {
    const { connection, exchange, outbox, acks } = this.parts;
    if (now >= connection.inbound.retryAt) this.#dialogue.retry(now);
    outbox.expire(now);
    acks.expire(now);
    const { flow } = outbox;
    // A timer for the next poll is never late: what else is due may be.
    const isAtPoll = flow.deadline === 0;
    const behind = isAtPoll ? Math.max(0, now - this.#owed) : lag;
    if (isAtPoll) flow.look(now);
    if (this.#excuses(now, behind)) {
      connection.clock.set(now);
      return;
    }
    flow.look(now);
    const late = Math.max(behind, this.#excusedLag);
    this.#excusedLag = 0;
    exchange.expire(now);
    if (now >= this.parting.deadline) this.parting.leave(now);
    const { state } = this.lifecycle;
    if (state.phase === "parked" && now < this.#succession.keptUntil(state.deadline)) return;
    const verdict = connection.clock.judge(state, now, late);
    if (verdict === "ping") this.ping(0, now);
    else if (verdict === "finish") this.lifecycle.finishClosing();
    else if (verdict === "lost")
      this.lifecycle.expire("No connection has taken the session up in time.");
    else if (verdict !== "nothing") this.#giveUp(verdict, now);
  }

  /** Ask the peer for a sign of life; 0 is the heartbeat's. */
  ping(time: number, now: number): void {
    this.parts.connection.clock.pinged(now);
    this.parts.outbox.writer.pushControl(encodePing(time));
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
    const { connection, inbox, outbox } = this.parts;
    const isOpen = this.lifecycle.phase === "open";
    if (isOpen && this.parting.mayLeave) this.parting.leave(connection.clock.now);
    const overfull = isOpen ? outbox.flow.judge(writer) : undefined;
    if (overfull !== undefined) this.lifecycle.breakOff(overfull);
    if (!connection.writer.blocked) this.parting.acknowledge();
    outbox.writeOut(writer, !this.parting.owesAck);
    for (const mark of outbox.takeFlushed()) inbox.tell({ type: "flushed", mark });
    const drops = outbox.takeDrops();
    if (drops !== undefined) inbox.push(reportEvent, drops);
    if (isOpen && outbox.flow.takeDrain()) inbox.push("drain", undefined);
    if (this.lifecycle.phase === "closed") connection.writer.dropKeys();
    else connection.prepare();
  }

  /** See `Session.close`. */
  close(reason: CloseReason, now: number, message?: string, received?: number): void {
    if (this.lifecycle.isEnding) return;
    // Messages that were held for the next session leave now: there may not be another.
    if (this.lifecycle.phase === "open") this.parts.outbox.release();
    this.parting.sayGoodbye(reason, now, message, received);
  }

  /** See `Session.turnAway`. */
  turnAway(message: string, refusal: Refusal, now: number): void {
    if (!this.lifecycle.isEnding) {
      this.parting.sayGoodbye("kicked", now, message, undefined, refusal);
    }
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
    this.parting.leaveBy(now + within);
    if (holds) this.parts.outbox.hold("leaving");
  }

  /** See `Session.lose`. */
  lose(received: number | undefined): void {
    if (this.lifecycle.phase !== "parked") return;
    if (received !== undefined) this.parts.outbox.confirm(received);
    this.lifecycle.expire("The session could not go on over another connection.");
  }

  handleWelcome({ recovery }: Welcome): void {
    if (recovery?.resumed === true) {
      this.#heir = this.#succession.goOn(recovery);
      if (this.#heir !== undefined) return;
      // The application has closed it while the server was asked.
      this.parting.sayGoodbye("requested", this.parts.connection.clock.now);
    } else {
      this.#succession.release();
      if (this.#succession.request !== undefined) this.grant = recovery;
      this.lifecycle.open();
    }
  }

  handleFarewell(end: SessionEnd, received: number | undefined): void {
    this.#succession.end(end, received);
    this.lifecycle.close(end);
  }

  handleFailure(error: unknown): void {
    if (this.#heir !== undefined) this.#heir.handleFailure(error);
    else if (this.lifecycle.phase === "closing") this.lifecycle.finishClosing();
    else if (!this.lifecycle.isEnding) this.lifecycle.fail(error);
  }

  /** The instant at which something is due that the peer, another connection or this side's own end owes. */
  get #owed(): number {
    const { connection, exchange } = this.parts;
    const { state } = this.lifecycle;
    const end =
      state.phase === "parked"
        ? this.#succession.keptUntil(state.deadline)
        : connection.clock.deadline(state);
    return Math.min(exchange.deadline, this.parting.deadline, end);
  }

  /**
   * Tell whether what others owe is not to be judged yet. A loop that was blocked has read nothing: it
   * turns for as long again, at most a second, but once for each block.
   */
  #excuses(now: number, lag: number): boolean {
    if (now < this.#excusedUntil) return true;
    if (lag <= toleratedLag || this.#excusedLag > 0) return false;
    this.#excusedLag = lag;
    this.#excusedUntil = now + Math.min(lag, longestExcuse);
    return true;
  }

  #park(end: SessionEnd, { window }: RecoveryGrant, now: number): void {
    this.parting.leaveBy(Infinity);
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
}
