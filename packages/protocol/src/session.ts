import { checkLimits } from "./limits.ts";
import { checkOptions, type OptionNames } from "./known-options.ts";
import type { CloseReason } from "./close-reason.ts";
import { encodeLeave, type Refusal } from "./messages/control.ts";
import { Course } from "./session/course.ts";
import type { ByteWriter } from "./opening/connection-writer.ts";
import type { EmitOptions } from "./outbox/emit-options.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Unsent } from "./outbox/undelivered.ts";
import type { ProtocolError } from "./error.ts";
import type { EncodedMessage } from "./messages/message-encoder.ts";
import { reportEvent } from "./messages/event-name.ts";
import type { Calls } from "./calls/exchange.ts";
import { encodeHello, type Welcome } from "./messages/hello.ts";
import type { Inbox, SessionSink } from "./session/inbox.ts";
import { acceptBack, acceptNew, type Readmission } from "./session/succession.ts";
import type { NewSessionOptions } from "./session-options.ts";
import { SessionView } from "./session/session-view.ts";

/** The options of a session. */
export interface SessionOptions extends NewSessionOptions {
  /** Client: the parked session that this connection is to take up. */
  readonly former?: Session | undefined;
}

const sessionOptions: OptionNames<SessionOptions> = {
  role: true,
  limits: true,
  encoder: true,
  hello: true,
  features: true,
  recovers: true,
  former: true,
  slowConsumer: true,
  streams: true,
  security: true,
  now: true,
};

/**
 * One conversation, without a socket, a timer or a clock. It begins over one connection. If both
 * sides want that, it is parked when the connection has gone, until a session that was begun over
 * another connection gives that one to it.
 *
 * - commands: `emit`, `emitEncoded`, `emitWith`, `calls`, `ping`, `flush`, `withdrawFlush`, `accept`, `resume`,
 *   `turnAway`, `refuse`, `askToLeave`, `leave`, `carry`, `lose`, `close`
 * - inputs: `handleBytes`, `handleDrain`, `handleTimeout`, `handleDisconnect`
 * - outputs, to be taken after every command and input: `writeOut`, `deliver`, `deadline`, `phase`
 *
 * Inputs never call back. Time is a number in milliseconds that never runs backwards. In the phase
 * `closing` the driver closes the connection once `flushed`, in `closed` and `parked` it aborts it.
 */
export class Session extends SessionView {
  /** The calls in both directions. */
  readonly calls: Calls;
  readonly #course: Course;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;

  /** Throws `IPC_INVALID_OPTION` for an unknown option, a limit out of its range or a label that is too long. */
  constructor(options: SessionOptions) {
    checkOptions("A session", options, sessionOptions);
    const { role, limits, hello = { name: "" }, former } = options;
    checkLimits(limits);
    encodeHello(hello);
    const words = role === "client" ? hello : undefined;
    const course = new Course(options, words, former && former.#course);
    super(course);
    const { exchange, inbox, outbox } = course.parts;
    this.calls = exchange;
    this.#course = course;
    this.#inbox = inbox;
    this.#outbox = outbox;
  }

  /**
   * Queue an event. Answers false from the high-water mark on (the event is kept all the same), when
   * the peer's own limits forbid the event (which is reported), when the queue is full and the policy
   * drops it (reported too), and before a session and after it. What is emitted behind a goodbye, of
   * whichever side, is kept for `SessionEnd.lost` and `unsent`. `drain` follows every false, or the end
   * of the session. Throws at the caller what `MessageEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean {
    return this.#answer(this.#outbox.emit(event, data));
  }

  /** Queue an event that was encoded once for several sessions. Answers as `emit`. */
  emitEncoded(encoded: EncodedMessage): boolean {
    return this.#answer(this.#outbox.emitEncoded(encoded));
  }

  /** Queue an event in its own way. Answers and throws as `emit`, and `IPC_INVALID_OPTION`. */
  emitWith(event: string, data: unknown, options: EmitOptions, now: number): boolean {
    return this.#answer(this.#outbox.emitWith(event, data, options, now));
  }

  /**
   * Ask the peer for a sign of life; the event `user-pong` brings back `time`. Answers false on a
   * session without a connection and with 1,024 such pings on their way. Throws `IPC_INVALID_OPTION`
   * if `time` is not a whole number of at least 1.
   */
  ping(time: number, now: number = this.#course.parts.connection.clock.now): boolean {
    if (this.phase !== "open" || !this.#course.parts.connection.pings.add(time)) return false;
    this.#course.ping(time, now);
    return true;
  }

  /**
   * Wait until the peer's listeners have run for everything that was emitted before. `handleFlushed`
   * brings back `mark`. False before a session and after it, or if its peer acknowledges nothing.
   */
  flush(mark: object): boolean {
    if (!this.#outbox.takesEvents || !this.#course.parts.connection.acknowledges) return false;
    this.#outbox.flush(mark);
    return true;
  }

  /** End a wait that `flush` has begun: its mark does not come back. */
  withdrawFlush(mark: object): void {
    this.#outbox.withdrawFlush(mark);
  }

  /**
   * Server: welcome the client whose hello was delivered. If the client asked for it, the session is
   * kept for `recovery.window` milliseconds without a connection. Does nothing if the client has gone
   * meanwhile. Throws `IPC_INVALID_OPTION` for a label that is too long.
   */
  accept(welcome: Welcome, now: number): void {
    acceptNew(this.#course, welcome, now);
  }

  /**
   * Server: go on over the connection of a session that has just begun and whose hello has the secret
   * of this one, which the caller has compared. The client is given another secret for the next time.
   * Answers false, and changes nothing, if what the client has received does not fit what was sent, or
   * if this session is not parked. Throws as `accept` does.
   */
  resume(begun: Session, welcome: Omit<Welcome, "recovery">, readmission: Readmission): boolean {
    return acceptBack(this.#course, begun.#course, welcome, readmission);
  }

  /**
   * End gracefully: what was emitted leaves first, then a bye with the reason and a sentence for
   * people. What the peer sends from now on is dropped, as is what was not delivered yet. A server
   * that turns a client away which has come back for a session says what it had `received` there.
   */
  close(reason: CloseReason, now: number, message?: string, received?: number): void {
    this.#course.close(reason, now, message, received);
  }

  /**
   * Server: turn a client away that is not accepted, with a message for people, a code and JSON data
   * for its program. All of it takes at most 16,384 UTF-16 units as JSON, of which the caller makes sure.
   */
  turnAway(message: string, refusal: Refusal, now: number): void {
    this.#course.turnAway(message, refusal, now);
  }

  /** Turn the peer away before its session is open, over an error that it hears the code of. */
  refuse(error: ProtocolError, now: number): void {
    this.#course.refuse(error, now);
  }

  /** End a parked session that cannot go on. `received` is what the peer has received, if it is known. */
  lose(received?: number): void {
    this.#course.lose(received);
  }

  /** Server: ask the client to finish within so many milliseconds, and to come back. */
  askToLeave(within: number): void {
    if (this.phase !== "open" || !this.#course.parts.connection.acknowledges) return;
    this.#outbox.writer.pushControl(encodeLeave(within));
  }

  /**
   * Client: close when all that was sent is acknowledged and no call is open, at the latest after
   * `within` milliseconds. With `holds` nothing new is sent: what waits is for the next session.
   */
  leave(within: number, now: number, holds = true): void {
    this.#course.leave(within, now, holds);
  }

  /**
   * Send first what a former session could not send. False, and nothing is taken, on a session that
   * is not open. What the peer's limits forbid is dropped and reported.
   */
  carry({ batches }: Unsent): boolean {
    if (!this.#outbox.isOpen) return false;
    const { clock } = this.#course.parts.connection;
    this.#outbox.carry(batches, (error) => this.#inbox.push(reportEvent, error));
    this.#outbox.expire(clock.now);
    return true;
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    this.#course.handleBytes(chunk, now);
  }

  /** The connection has passed on all it held and takes more. With `now` it counts as a sign of life. */
  handleDrain(now?: number): void {
    if (now !== undefined) {
      this.#course.parts.connection.clock.heard(now);
      this.#outbox.expire(now);
    }
    this.#outbox.writer.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired, for the error's text. */
  handleTimeout(now: number, lag = 0): void {
    this.#course.handleTimeout(now, lag);
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error, now: number = this.#course.parts.connection.clock.now): void {
    this.#course.handleDisconnect(error, now);
  }

  /** Hand everything queued to the connection, in writes of 256 KiB, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    this.#course.writeOut(writer);
  }

  /**
   * Hand what has happened to the sink, in order. With `hold` only a hello or a welcome is handed
   * over, and the rest waits. A call from within a sink's method does nothing.
   */
  deliver(sink: SessionSink, hold = false): void {
    if (!hold) {
      const { connection, outbox } = this.#course.parts;
      outbox.flow.expectAnswers(this.#inbox.size, connection.writer.isProtected);
    }
    const isOver = this.#inbox.deliver(sink, hold);
    if (isOver) this.#course.lifecycle.forget();
    else if (this.#inbox.settled) this.#course.parts.acks.confirm();
  }

  #answer(answer: boolean | ProtocolError): boolean {
    if (typeof answer === "boolean") return answer;
    this.#inbox.push(reportEvent, answer);
    return false;
  }
}
