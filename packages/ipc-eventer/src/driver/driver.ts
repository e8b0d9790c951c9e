import type {
  ByteWriter,
  CloseReason,
  EncodedMessage,
  Phase,
  ProtocolError,
  Session,
  SessionSink,
} from "@ipc/protocol";
import { type Connection, realTime } from "@ipc/transport";
import type { RefusedError } from "../errors.ts";
import { type ConnectionDriver, ConnectionEnd } from "./connection-end.ts";
import { type ExitWriter, exitWrites } from "./exit-writes.ts";
import type { RoundMember, WriteRound } from "./write-round.ts";

/** Events that may wait undelivered before a held connection stops reading. */
const heldEvents = 1024;

/** Where a session without a connection writes. */
const nowhere: ByteWriter = { send: () => false, sendAll: () => false, bufferedBytes: 0 };

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
  /** True once the greeting was delivered, which goes before a hold. */
  #greeted = false;

  constructor(session: Session, connection: Connection, sink: SessionSink) {
    this.session = session;
    this.#sink = sink;
    this.#timer = new DeadlineTimer(this);
    this.#use(new ConnectionEnd(connection, this));
    this.schedule();
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
   * Turn the peer away before its session is open. It is told why, but its own end is not waited for:
   * a server that turns many away cannot keep a descriptor for each.
   */
  refuse(error: ProtocolError): void {
    this.session.refuse(error, realTime.now());
    this.#pump();
    this.#end?.connection.abort();
  }

  /** Turn a client away that is not accepted, with the message, code and data of a refusal. */
  turnAway({ message, code, data }: RefusedError): void {
    this.session.turnAway(message, { code, data }, realTime.now());
    this.schedule();
  }

  /** Say goodbye to a peer whose session is not open or waits, and do not wait for its own end. */
  dismiss(reason: CloseReason, message?: string): void {
    this.session.close(reason, realTime.now(), message);
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

  /** Go on over the connection of a driver whose session has given it to ours. */
  takeOver(begun: Driver): void {
    const end = begun.#end;
    begun.#use(undefined);
    begun.#timer.clear();
    if (end === undefined) return;
    end.driver = this;
    this.#use(end);
    this.#pump();
  }

  /** See `Session.lose`. */
  lose(received?: number): void {
    this.session.lose(received);
    this.#pump();
  }

  /** Say goodbye, see `Session.close`; the sink hears `handleClosed` when that is done. */
  close(reason: CloseReason, message?: string, received?: number): void {
    this.session.close(reason, realTime.now(), message, received);
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
    this.#pumpOut();
  }

  /** The turn of the events that were emitted to many has come. */
  handleTurn(): void {
    this.#inRound = false;
    this.#pumpOut();
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

  /** Take the outputs of what this side has asked for alone: most often nothing is there to be delivered. */
  #pumpOut(): void {
    if (this.session.undelivered > 0) this.#deliver();
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
    if (phase !== "closed" && phase !== "merged") this.#timer.watch(session.deadline);
  }

  /** Do to the connection what a phase asks for. */
  #follow(phase: Phase): void {
    if (phase === "closing" && this.session.flushed) this.#end?.connection.close();
    else if (phase === "closed") this.#end?.connection.abort();
    else if (phase === "parked") this.#letGo();
    if (phase === "closed" || phase === "merged") this.#timer.clear();
  }

  #deliver(): void {
    const { session } = this;
    // What listeners emit is written out behind them: there is no need of a tick of its own.
    const scheduled = this.#scheduled;
    this.#scheduled = true;
    try {
      if (!this.#greeted) {
        session.deliver(this.#sink, true);
        this.#greeted = session.takesEvents;
      }
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

/** The longest delay that a timer of Node takes. */
const longestDelay = 2 ** 31 - 1;

/** The owner of the deadlines that a timer watches. */
interface DeadlineOwner {
  /** The deadline has passed. `lag` is by how many milliseconds the timer was late. */
  handleDeadline(lag: number): void;
}

/**
 * One timer for all deadlines of a session. It is set anew only when it fires or an earlier deadline
 * comes up, and does not keep the process alive.
 */
class DeadlineTimer {
  readonly #owner: DeadlineOwner;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  constructor(owner: DeadlineOwner) {
    this.#owner = owner;
  }

  /** Watch a deadline, unless an earlier one is watched. */
  watch(deadline: number): void {
    if (deadline >= this.#at) return;
    realTime.clearTimeout(this.#timer);
    this.#at = deadline;
    const delay = Math.min(Math.max(0, deadline - realTime.now()), longestDelay);
    this.#timer = realTime.setTimeout(fire, delay, this).unref();
  }

  /** Watch nothing. */
  clear(): void {
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }

  /**
   * The timer has fired. Timers run before the poll for input: one whole poll is let pass, so that a
   * side whose own loop was blocked does not blame its peer for bytes that lie unread.
   */
  handleTimer(): void {
    const lag = realTime.now() - this.#at;
    this.#timer = undefined;
    this.#at = Infinity;
    realTime.setImmediate(judge, this.#owner, lag);
  }
}

// Shared functions with their subject as argument: no closure per timer.
function fire(timer: DeadlineTimer): void {
  timer.handleTimer();
}

function judge(owner: DeadlineOwner, lag: number): void {
  owner.handleDeadline(lag);
}
