import type { ProtocolError } from "../error.ts";
import type { EventEncoder } from "../messages/event-encoder.ts";
import type { DeclaredLimits } from "../limits.ts";
import type { Streams } from "../streams/streams.ts";
import { Admission, type Bounds } from "./admission.ts";
import type { ByteWriter, ConnectionWriter } from "./connection-writer.ts";
import { Drops } from "./drops.ts";
import { Flushes } from "./flushes.ts";
import { Intake } from "./intake.ts";
import type { Remains } from "./lane.ts";
import { Outgoing } from "./outgoing.ts";
import { SendSchedule } from "./send-schedule.ts";
import { Transmission } from "./transmission.ts";

/** The flushes that are through, most often. */
const none: readonly object[] = [];

/** The result of the opening of a connection. */
export interface Agreement {
  /** The limits that the peer declares. */
  readonly limits: DeclaredLimits;
  /** Messages are counted and acknowledged. */
  readonly acknowledges: boolean;
  /** Large messages and lanes other than 0 go in fragments. */
  readonly fragments: boolean;
}

/** The sending half of a session: where messages are handed in, the lanes in which they wait, and what leaves when. */
export class Outbound {
  readonly intake: Intake;
  readonly schedule: SendSchedule;
  readonly transmission: Transmission;
  readonly admission: Admission;
  readonly #outgoing = new Outgoing();
  readonly #flushes = new Flushes();
  readonly #drops = new Drops();

  constructor(
    bounds: Bounds,
    encoder: EventEncoder,
    connection: ConnectionWriter,
    streams: Streams,
  ) {
    const { maxUnconfirmedBytes } = bounds.limits;
    const [outgoing, flushes] = [this.#outgoing, this.#flushes];
    this.schedule = new SendSchedule(outgoing, flushes, streams, maxUnconfirmedBytes);
    this.transmission = new Transmission(this.schedule, connection);
    this.admission = new Admission(bounds, outgoing, this.transmission, this.#drops);
    this.intake = new Intake(encoder, outgoing, this.transmission, this.admission, streams);
  }

  /** The opening of a connection has settled on this. */
  apply({ limits, acknowledges, fragments }: Agreement): void {
    this.schedule.apply({ message: limits.message, acknowledges, fragments });
    this.admission.setPeerLimits(limits);
  }

  /** Take no more calls, and keep what is emitted; behind what leaves goes the connection's own end. */
  shut(): void {
    this.transmission.shut();
    this.admission.shut();
  }

  /** Messages that were written whole, each counted once. */
  get written(): number {
    return this.#outgoing.written;
  }

  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  get writtenBytes(): number {
    return this.schedule.writtenBytes;
  }

  /** Events that were never written, by name. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#drops.all;
  }

  /**
   * Bytes that were accepted and that the connection has not taken: messages, lines without a number, and
   * what its own buffer holds.
   */
  get queuedBytes(): number {
    return this.#outgoing.waitingBytes + this.transmission.queuedBytes;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#outgoing.unconfirmedBytes;
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    return this.#outgoing.nextExpiry;
  }

  /** Calls that wait for the next session. */
  get heldCalls(): number {
    return this.schedule.holds ? this.#outgoing.calls : 0;
  }

  /** True if all that leaves over this connection has been acknowledged. */
  get settled(): boolean {
    return this.#outgoing.unconfirmedBytes === 0 && this.#outgoing.isThrough;
  }

  /** Begin a flush; the mark comes back from `takeFlushed`. */
  flush(mark: object): void {
    const targets = new Map<number, number>();
    let queued = 0;
    for (const [index, lane] of this.#outgoing.lanes()) {
      if (lane.idle) {
        targets.set(index, lane.sent);
      } else {
        lane.pushMark(mark);
        queued++;
      }
    }
    this.#flushes.add(mark, queued, targets);
  }

  /** End a flush whose caller no longer waits. */
  withdrawFlush(mark: object): void {
    this.#flushes.delete(mark);
    for (const [, lane] of this.#outgoing.lanes()) lane.withdrawMark(mark);
  }

  /** Take the flushes that are through. */
  takeFlushed(): readonly object[] {
    if (!this.#flushes.any) return none;
    return this.#flushes.takeDone((lane) => this.#outgoing.lane(lane).acknowledged);
  }

  /** Take the flushes that will never be through. */
  takeUnflushed(): readonly object[] {
    return this.#flushes.clear();
  }

  /** The peer has received so many messages on each lane. False if that cannot be. */
  acknowledge(counts: readonly number[]): boolean {
    if (!this.#outgoing.acknowledge(counts)) return false;
    this.admission.free();
    return true;
  }

  /** The peer of a connection that is gone is known to have received so many; what cannot be is left aside. */
  confirm(counts: readonly number[]): void {
    this.#outgoing.confirm(counts);
  }

  /** The connection is gone: everything waits for the next one. */
  detach(): void {
    this.transmission.detach();
    this.admission.detach();
    this.#outgoing.rewind();
  }

  /**
   * Go on over a new connection, whose peer has received so many messages on each lane. Answers
   * false, and changes nothing, if that cannot be.
   */
  resume(connection: ConnectionWriter, counts: readonly number[]): boolean {
    if (!this.#outgoing.resume(counts)) return false;
    this.transmission.attach(connection);
    this.admission.free();
    return true;
  }

  /** Hand everything to the connection. Unless `mayEnd`, something may still follow the farewell. */
  writeOut(writer: ByteWriter, mayEnd = true): void {
    this.admission.beginWrite();
    this.transmission.writeOut(writer, mayEnd);
    this.admission.free();
  }

  /** Drop the events whose time is over. */
  expire(now: number): void {
    this.#outgoing.expire(now, this.#drops);
  }

  /** The report of events that were dropped since the last one. */
  takeDrops(): ProtocolError | undefined {
    return this.#drops.empty ? undefined : this.#drops.take();
  }

  /** The messages that are not acknowledged when the session is over. */
  remains(): Remains {
    return this.#outgoing.remains();
  }

  /** Forget the messages. */
  clear(): void {
    this.#outgoing.clear();
  }
}
