import type { Call, CallFailure, CloseReason, EncodedEvent, ErrorRecord } from "@ipc/protocol";
import type { ProtocolError, Session } from "@ipc/protocol";
import type { SessionSink, Welcome } from "@ipc/protocol";
import type { Connection, ConnectionHandler } from "@ipc/transport";

/** Events that may wait undelivered before a held connection stops reading. */
const heldEvents = 1024;

/** The longest delay that a timer of Node takes. */
const longestDelay = 2 ** 31 - 1;

/**
 * Joins a session to its connection: the only place where bytes, timers and the clock meet the
 * sans-IO machine.
 *
 * What is emitted in one tick leaves in one write, at the tick's end, or in several of 64 KiB. One
 * timer serves all deadlines of the session; it is set anew only when it fires or an earlier
 * deadline comes up.
 */
export class Driver implements ConnectionHandler {
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #sink: SessionSink;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #scheduled = false;
  #held = false;
  #paused = false;

  constructor(session: Session, connection: Connection, sink: SessionSink) {
    this.#session = session;
    this.#connection = connection;
    this.#sink = sink;
    connection.attach(this);
    this.#schedule();
  }

  /** See `Session.emit`. */
  emit(event: string, data: unknown): boolean {
    const answer = this.#session.emit(event, data);
    if (this.#session.ripe) this.#session.writeOut(this.#connection);
    if (!this.#scheduled) this.#schedule();
    return answer;
  }

  /** See `Session.emitEncoded`. */
  emitEncoded(event: EncodedEvent): boolean {
    const answer = this.#session.emitEncoded(event);
    if (this.#session.ripe) this.#session.writeOut(this.#connection);
    if (!this.#scheduled) this.#schedule();
    return answer;
  }

  /** See `Session.invoke`. */
  invoke(call: Call, data: unknown, timeout: number): number | ProtocolError {
    const answer = this.#session.invoke(call.event, data, call, timeout, performance.now());
    this.#schedule();
    return answer;
  }

  /** See `Session.cancel`. */
  cancel(id: number): void {
    this.#session.cancel(id);
    this.#schedule();
  }

  /** See `Session.reply`. */
  reply(id: number, data: unknown): void {
    this.#session.reply(id, data);
    this.#schedule();
  }

  /** See `Session.replyError`. */
  replyError(id: number, error: ErrorRecord): void {
    this.#session.replyError(id, error);
    this.#schedule();
  }

  /** See `Session.refuseCall`. */
  refuseCall(id: number, failure: CallFailure, explanation?: string): void {
    this.#session.refuseCall(id, failure, explanation);
    this.#schedule();
  }

  /** See `Session.ping`. */
  ping(time: number): boolean {
    const answer = this.#session.ping(time);
    this.#schedule();
    return answer;
  }

  /** True while the client that said hello waits to be accepted. */
  get awaitsAccept(): boolean {
    return this.#session.phase === "accepting";
  }

  /** Welcome the client that said hello. */
  accept(welcome: Welcome): void {
    this.#session.accept(welcome, performance.now());
    this.#schedule();
  }

  /**
   * Turn the peer away before its session is open. It is told why, but its own end is not waited for:
   * whoever turns many away cannot keep a descriptor for each.
   */
  refuse(error: ProtocolError): void {
    this.#session.refuse(error, performance.now());
    this.#pump();
    this.#connection.abort();
  }

  /** Say goodbye to a peer whose session is not open, and do not wait for its own end. */
  dismiss(reason: CloseReason, message: string): void {
    this.#session.close(reason, performance.now(), message);
    this.#pump();
    this.#connection.abort();
  }

  /** Say goodbye; the sink hears `handleClosed` when that is done. */
  close(reason: CloseReason, message?: string): void {
    this.#session.close(reason, performance.now(), message);
    this.#schedule();
  }

  /** Deliver nothing until `release`. */
  hold(): void {
    this.#held = true;
  }

  /** Deliver what was held. */
  release(): void {
    this.#held = false;
    if (this.#paused) {
      this.#paused = false;
      this.#connection.resume();
    }
    this.#pump();
  }

  /** Let the connection keep the process alive. */
  ref(): void {
    this.#connection.ref();
  }

  /** Let the process end although the connection is open. */
  unref(): void {
    this.#connection.unref();
  }

  handleChunk(chunk: Uint8Array): void {
    this.#session.handleBytes(chunk, performance.now());
    this.#pump();
  }

  handleDrain(): void {
    this.#session.handleDrain(performance.now());
    this.#pump();
  }

  handleClose(error: Error | undefined): void {
    this.#session.handleDisconnect(error);
    this.#pump();
  }

  /** The tick in which something was emitted is over. */
  handleTick(): void {
    this.#scheduled = false;
    this.#pump();
  }

  /**
   * The timer has fired. Timers run before the poll for input: one whole poll is let pass, so that a
   * side whose own loop was blocked does not blame its peer for bytes that lie unread.
   */
  handleTimer(): void {
    const lag = performance.now() - this.#timerAt;
    this.#timer = undefined;
    this.#timerAt = Infinity;
    setImmediate(judge, this, lag);
  }

  /** The poll after a timer is over. */
  handleDeadline(lag: number): void {
    this.#session.handleTimeout(performance.now(), lag);
    this.#pump();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(tick, this);
  }

  /** Take every output of the session. */
  #pump(): void {
    const session = this.#session;
    session.deliver(this.#sink, true);
    if (!this.#held) session.deliver(this.#sink);
    session.writeOut(this.#connection);
    if (session.phase === "closing" && session.flushed) this.#connection.close();
    if (session.phase === "closed") this.#connection.abort();
    if (this.#held) this.#holdBack();
    else if (session.undelivered > 0 || session.phase === "closed") session.deliver(this.#sink);
    this.#arm(session.deadline);
  }

  #holdBack(): void {
    if (this.#paused || this.#session.undelivered < heldEvents) return;
    this.#paused = true;
    this.#connection.pause();
  }

  #arm(deadline: number): void {
    if (this.#session.phase === "closed") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (deadline < this.#timerAt) {
      clearTimeout(this.#timer);
      this.#timerAt = deadline;
      const delay = Math.min(Math.max(0, deadline - performance.now()), longestDelay);
      this.#timer = setTimeout(fire, delay, this).unref();
    }
  }
}

// Shared functions with the driver as argument: no closure per tick or timer.
function tick(driver: Driver): void {
  driver.handleTick();
}

function fire(driver: Driver): void {
  driver.handleTimer();
}

function judge(driver: Driver, lag: number): void {
  driver.handleDeadline(lag);
}
