import type {
  ByteWriter,
  CloseReason,
  EncodedMessage,
  Phase,
  ProtocolError,
  Session,
  SessionSink,
} from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { RefusedError } from "../errors.ts";
import { type ConnectionDriver, type ConnectionEnd, nowhere } from "./connection-end.ts";
import { type DeadlineOwner, DeadlineTimer } from "./deadline-timer.ts";
import { type ExitWriter, exitWrites } from "./exit-writes.ts";
import type { HandshakeDriver } from "./handshake-driver.ts";
import type { RoundMember, WriteRound } from "./write-round.ts";

/** Events that may wait undelivered before a held connection stops reading. */
const heldEvents = 1024;

/**
 * Joins a session to its connection, and when that is gone to the next one: the only place where
 * bytes, timers and the clock meet the sans-IO machine.
 *
 * What is emitted in one tick leaves in one write, at the tick's end, or in several of 64 KiB; what
 * is emitted to many at once, in this session's turn. If the process exits before that, it leaves then.
 */
export class Driver implements ConnectionDriver, DeadlineOwner, ExitWriter, RoundMember {
  readonly session: Session;
  /** The present connection; `undefined` while there is none. */
  #end: ConnectionEnd | undefined;
  readonly #sink: SessionSink;
  readonly #timer: DeadlineTimer;
  #scheduled = false;
  #inRound = false;
  #held = false;

  /** Drives a session that has taken the connection of a handshake. */
  constructor(session: Session, begun: HandshakeDriver, sink: SessionSink) {
    this.session = session;
    this.#sink = sink;
    this.#timer = new DeadlineTimer(this);
    this.#use(begun.giveUp(this));
    this.schedule();
  }

  /** The phase of the session. */
  get phase(): Phase {
    return this.session.phase;
  }

  /** See `Session.emitEncoded`. The event leaves in this session's turn of a round. */
  emitEncoded(event: EncodedMessage, round: WriteRound): void {
    this.session.emitEncoded(event);
    if (this.session.ripe || exitWrites.isOver) this.session.writeOut(this.#writer());
    if (!this.#scheduled && !this.#inRound) {
      this.#inRound = true;
      round.add(this);
    }
  }

  /** A message was queued: it leaves at the end of the tick, or now if enough has come together. */
  noteQueued(): void {
    if (this.session.ripe) this.session.writeOut(this.#writer());
    this.schedule();
  }

  /** Something was asked of the session: take its outputs at the end of the tick. */
  schedule(): void {
    if (exitWrites.isOver) this.session.writeOut(this.#writer());
    if (this.#scheduled) return;
    this.#scheduled = true;
    realTime.nextTick(tick, this);
  }

  /**
   * Refuse the peer before its session is open. It is told why, but its own end is not waited for:
   * a server that refuses many cannot keep a descriptor for each.
   */
  refuse(error: ProtocolError): void {
    this.session.refuse(error, realTime.now());
    this.#pump();
    this.#end?.connection.abort();
  }

  /** Exclude a client that is not accepted, with the message, code and data of middleware's refusal. */
  exclude({ message, code, data }: RefusedError): void {
    this.session.close({ reason: "kicked", message, refusal: { code, data } }, realTime.now());
    this.schedule();
  }

  /** Say goodbye to a peer whose session is not open or waits, and do not wait for its own end. */
  dismiss(reason: CloseReason, message?: string): void {
    this.session.close({ reason, message }, realTime.now());
    this.#pump();
    this.#end?.connection.abort();
  }

  /** Say goodbye and end now: the peer hears it if it is there, and nothing of it is waited for. */
  cutOff(reason: CloseReason, message: string): void {
    this.dismiss(reason, message);
    this.#letGo();
    this.#disconnect(undefined);
  }

  /** Let go of a connection in whose place another has come. */
  detach(): void {
    if (this.#end === undefined) return;
    this.#letGo();
    this.#disconnect(undefined);
  }

  /** Go on over the connection of a handshake that the session has taken. */
  takeOver(begun: HandshakeDriver): void {
    this.#use(begun.giveUp(this));
    this.#pump();
  }

  /** See `Session.lose`. */
  lose(received?: number): void {
    this.session.lose(received);
    this.#pump();
  }

  /** Say goodbye, see `Session.close`; the sink hears `handleClosed` when that is done. */
  close(reason: CloseReason, message?: string): void {
    this.session.close({ reason, message }, realTime.now());
    this.schedule();
  }

  /** Deliver nothing until `release`. */
  hold(): void {
    this.#held = true;
  }

  /** Deliver what was held. */
  release(): void {
    this.#held = false;
    this.#end?.resume();
    this.#pump();
  }

  /** Let the connection keep the process alive. */
  ref(): void {
    this.#end?.connection.ref();
  }

  /** Let the process end although the connection is open. */
  unref(): void {
    this.#end?.connection.unref();
  }

  handleChunk(chunk: Uint8Array): void {
    this.session.handleBytes(chunk, realTime.now());
    this.#pump();
  }

  handleDrain(): void {
    this.session.handleDrain(realTime.now());
    this.#pump();
  }

  handleClose(error: Error | undefined): void {
    this.#use(undefined);
    this.#disconnect(error);
  }

  /** The tick in which something was emitted is over. */
  handleTick(): void {
    this.#scheduled = false;
    if (this.session.undelivered > 0) this.#deliver();
    this.#write();
  }

  /** The turn of the events that were emitted to many has come. */
  handleTurn(): void {
    this.#inRound = false;
    if (this.session.undelivered > 0) this.#deliver();
    this.#write();
  }

  /** The poll after a timer is over. */
  handleDeadline(lag: number): void {
    this.session.handleTimeout(realTime.now(), lag);
    this.#pump();
  }

  handleExit(): void {
    if (this.#scheduled || this.#inRound) this.session.writeOut(this.#writer());
  }

  #writer(): ByteWriter {
    return this.#end?.connection ?? nowhere;
  }

  /** Take every output of the session. */
  #pump(): void {
    this.#deliver();
    this.#write();
  }

  /** Write, and take what comes of that. */
  #write(): void {
    const { session } = this;
    session.writeOut(this.#writer());
    const { phase } = session;
    if (phase !== "open") this.#follow(phase);
    const { undelivered } = session;
    if (undelivered > 0 || phase === "closed") {
      if (!this.#held) this.#deliverRest();
      else if (undelivered >= heldEvents) this.#end?.pause();
    }
    if (phase !== "closed") this.#timer.watch(session.deadline);
  }

  /** Do to the connection what a phase asks for. */
  #follow(phase: Phase): void {
    if (phase === "closing" && this.session.flushed) this.#end?.connection.close();
    else if (phase === "parked") this.#letGo();
    else if (phase === "closed") {
      this.#end?.connection.abort();
      this.#timer.clear();
    }
  }

  #deliver(): void {
    const { session } = this;
    // Events that listeners emit are written out behind them: there is no need of a tick of its own.
    const scheduled = this.#scheduled;
    this.#scheduled = true;
    try {
      if (!this.#held) session.deliver(this.#sink);
    } catch (error) {
      this.#scheduled = scheduled;
      this.schedule();
      throw error;
    }
    this.#scheduled = scheduled;
  }

  /** Deliver what the write has brought about. What listeners emit now waits for a tick of its own. */
  #deliverRest(): void {
    try {
      this.session.deliver(this.#sink);
    } catch (error) {
      this.schedule();
      throw error;
    }
  }

  /** Be told nothing more of the connection, and end it. */
  #letGo(): void {
    const end = this.#end;
    this.#use(undefined);
    end?.drop();
  }

  /** Go on over a connection, or without one. */
  #use(end: ConnectionEnd | undefined): void {
    this.#end = end;
    if (end === undefined) exitWrites.delete(this);
    else exitWrites.add(this);
  }

  #disconnect(error: Error | undefined): void {
    this.session.handleDisconnect(error, realTime.now());
    this.#pump();
  }
}

// A shared function with the driver as argument: no closure per tick.
function tick(driver: Driver): void {
  driver.handleTick();
}
