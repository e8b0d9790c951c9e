import type { Course } from "./course.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Unsent } from "../outbox/undelivered.ts";
import type { RecoveryGrant } from "../messages/recovery.ts";
import type { Phase } from "./session-state.ts";
import type { SessionParts } from "./session-parts.ts";

/** The properties of a session that can be read at any time. */
export class SessionView {
  readonly #course: Course;
  readonly #outbox: Outbox;

  constructor(course: Course) {
    this.#course = course;
    this.#outbox = course.parts.outbox;
  }

  /** The phase of the session: see the table in the README. */
  get phase(): Phase {
    return this.#course.lifecycle.phase;
  }

  /**
   * True if all that was accepted and leaves over this connection was handed to it, and after a goodbye both
   * sides know what was received.
   */
  get flushed(): boolean {
    const { parting } = this.#course;
    return this.#outbox.writer.empty && !parting.owesAck && !parting.awaitsAck;
  }

  /**
   * True if so much is queued that a `writeOut` should not wait for the end of the tick: 64 KiB, or half as
   * many messages as were delivered if those were 32, with a password 64.
   */
  get ripe(): boolean {
    return this.#outbox.flow.ripe;
  }

  /**
   * Bytes that were accepted and that the connection has not taken: messages, lines without a number, and
   * what its own buffer holds.
   */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#outbox.unconfirmedBytes;
  }

  /** Streams in either direction whose end has not been sent. */
  get openStreams(): number {
    return this.#course.parts.streams.open;
  }

  /** True while events are taken, to be sent or kept. */
  get takesEvents(): boolean {
    return this.#outbox.flow.takesEvents;
  }

  /** True if `emit` has answered false, and no `drain` has followed: of a session that is over, none will. */
  get owesDrain(): boolean {
    return this.#outbox.flow.owesDrain;
  }

  /**
   * Events, calls, cancellations, outcomes of calls and news of the connection that wait for `deliver`; the
   * greeting and the end left aside.
   */
  get undelivered(): number {
    return this.#course.parts.inbox.size;
  }

  /** The terms on which the session is recovered; `undefined` if it ends with its connection. */
  get recovery(): RecoveryGrant | undefined {
    return this.#course.grant;
  }

  /** Bytes read, over all connections. */
  get receivedBytes(): number {
    return this.#course.receivedBytes;
  }

  /** Figures of all its connections, and of what it holds. */
  get stats(): SessionStats {
    const { parts, receivedBytes, recovered } = this.#course;
    return readStats(parts, receivedBytes, recovered);
  }

  /** The number of messages of the peer that this side's listeners have been called with. */
  get received(): number {
    return this.#course.parts.acks.received;
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    return this.#course.deadline;
  }

  /**
   * The messages that were never sent in a session that is over, for `carry`; kept until `handleClosed` has
   * returned.
   */
  get unsent(): Unsent | undefined {
    return this.#course.lifecycle.unsent;
  }
}

/** The figures of a session: counted since it began, over all its connections, and of what it holds now. */
export interface SessionStats {
  /** Events, calls, replies and cancellations sent, each counted once. */
  readonly sent: number;
  /** The same of the peer, as far as they have come. */
  readonly received: number;
  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  readonly sentBytes: number;
  /** Bytes read. */
  readonly receivedBytes: number;
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;
  /** Bytes sent that the peer has not acknowledged. */
  readonly unconfirmedBytes: number;
  /** Calls in either direction without an outcome. */
  readonly pendingCalls: number;
  /** Events that were dropped before they were sent, by name, those included that a newer one has replaced. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Milliseconds between the last ping and its answer; `undefined` before the first. */
  readonly roundTrip: number | undefined;
  /** How often the session went on over another connection. */
  readonly recovered: number;
}

/** The present figures of a session. */
function readStats(
  { connection, exchange, outbox, acks }: SessionParts,
  receivedBytes: number,
  recovered: number,
): SessionStats {
  return {
    sent: outbox.written,
    received: acks.admitted,
    sentBytes: outbox.writer.writtenBytes,
    receivedBytes,
    queuedBytes: outbox.queuedBytes,
    unconfirmedBytes: outbox.unconfirmedBytes,
    pendingCalls: exchange.pending,
    dropped: outbox.dropped,
    roundTrip: connection.clock.roundTrip,
    recovered,
  };
}
