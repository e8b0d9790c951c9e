import type { ProtocolError } from "../error.ts";
import type { DeclaredLimits, SessionLimits } from "../limits.ts";
import {
  asEncoded,
  type EncodedCall,
  EncodedMessage,
  type MessageEncoder,
} from "../wire/message-encoder.ts";
import type { ByteWriter } from "../wire/connection.ts";
import type { StreamOutlet, Streams } from "../streams/streams.ts";
import type { Batch, Terms } from "./batch.ts";
import { Drops } from "./drops.ts";
import { type EmitOptions, checkEmitOptions } from "./emit-options.ts";
import { FlowControl, type Outflow } from "./flow-control.ts";
import { type Remains, SendQueue } from "./send-queue.ts";
import type { SlowConsumerPolicy } from "./slow-consumer.ts";
import { allowedBy } from "./undelivered.ts";
import { type FlushMarks, Writer } from "./writer.ts";

/** The bounds of an outbox, and what happens beyond them. */
export interface OutboxOptions {
  readonly limits: SessionLimits;
  readonly policy: SlowConsumerPolicy;
  readonly encoder: MessageEncoder;
  readonly streams: Streams;
}

/** One wait for the peer to have heard everything that was emitted before it. */
interface Flush {
  readonly mark: object;
  /** The count that must be acknowledged; `undefined` until the mark is reached. */
  target: number | undefined;
}

/** The flushes that are through, most often. */
const none: readonly object[] = [];

/**
 * The sending half of a session: takes messages, keeps them until the peer has acknowledged them, and writes
 * them.
 *
 * While new events and calls are held, answers and cancellations still leave: these wait in a queue of their own.
 */
export class Outbox implements StreamOutlet, Outflow, FlushMarks {
  readonly flow: FlowControl;
  readonly writer: Writer;
  readonly #encoder: MessageEncoder;
  readonly #streams: Streams;
  /** The messages that leave over this connection. */
  readonly #queue = new SendQueue();
  /** The new events and calls that are held; `undefined` while they leave with all others. */
  #held: SendQueue | undefined;
  #flushes: Flush[] | undefined;
  #drops: Drops | undefined;

  constructor({ limits, policy, encoder, streams }: OutboxOptions) {
    this.#encoder = encoder;
    this.#streams = streams;
    this.writer = new Writer(this.#queue, streams, this, limits.maxUnconfirmedBytes);
    this.flow = new FlowControl(limits, policy, this);
    streams.attach(this);
  }

  /** True while messages may go. */
  get isOpen(): boolean {
    return this.flow.isOpen;
  }

  /** True while events may go, or are kept. */
  get takesEvents(): boolean {
    return this.flow.takesEvents;
  }

  /**
   * Queue an event: true, or false from the high-water mark on and on a session that is over. What
   * the peer's limits forbid answers the error that says so. Throws what `MessageEncoder.event` throws.
   */
  emit(event: string, data: unknown): boolean | ProtocolError {
    const message = this.#encoder.event(event, data, this.#streams);
    if (typeof message !== "string") {
      return message.streams.length > 0 ? this.#pushEvent(message) : this.emitEncoded(message);
    }
    if (message.length > this.flow.freeLength) {
      return this.emitEncoded(new EncodedMessage(message, [], event));
    }
    (this.#held ?? this.#queue).pushLine(message);
    return this.flow.note();
  }

  /** Queue an event that was encoded before, without streams. Answers as `emit`. */
  emitEncoded(event: EncodedMessage): boolean | ProtocolError {
    if (event.line.length > this.flow.freeLength || event.attachments.length > 0) {
      const refusal = this.flow.refuseEvent(event);
      if (refusal !== undefined) return refusal;
    }
    (this.#held ?? this.#queue).pushShared(event);
    return this.flow.note();
  }

  /**
   * Queue an event in its own way. Answers as `emit`, and false for one that is dropped. Throws as
   * `emit`, and `IPC_INVALID_OPTION`.
   */
  emitWith(
    event: string,
    data: unknown,
    options: EmitOptions,
    now: number,
  ): boolean | ProtocolError {
    checkEmitOptions(event, options);
    const message = this.#encoder.encode(event, data, this.#streams);
    const { ttl = Infinity, volatile = false, conflate: key } = options;
    if (volatile && this.flow.refuseVolatile(event)) {
      this.#streams.discard(message.streams);
      return false;
    }
    return this.#pushEvent(message, { expiresAt: now + ttl, key, callId: 0 });
  }

  /** Queue a call. Answers the error for which it was not accepted, if there is one. */
  pushCall(message: string | EncodedMessage, callId: number): ProtocolError | undefined {
    // A call that leaves at once cannot be withdrawn: nothing needs to tell it from the others.
    if (typeof message === "string" && message.length <= this.flow.freeLength && this.#isReady) {
      this.#queue.pushLine(message);
    } else {
      const whole = asEncoded(message);
      const error = this.#refuseStreams(whole) ?? this.flow.refuseCall(whole);
      if (error !== undefined) return this.#discard(whole, error);
      const cargo = this.#streams.begin(whole.streams);
      (this.#held ?? this.#queue).pushAlone(whole, termsOfCall(callId), cargo);
    }
    this.flow.note();
    return undefined;
  }

  /** Queue a call that was encoded before, for this session among others. Answers as `pushCall`. */
  pushEncodedCall(call: EncodedCall, callId: number): ProtocolError | undefined {
    const line = call.isSmall && this.#isReady ? call.line(callId) : "";
    if (line !== "" && line.length <= this.flow.freeLength) {
      this.#queue.pushLine(line);
    } else {
      const message = call.message(callId);
      this.#encoder.assertWithin(message);
      const error = this.flow.refuseCall(message);
      if (error !== undefined) return error;
      (this.#held ?? this.#queue).pushAlone(message, termsOfCall(callId));
    }
    this.flow.note();
    return undefined;
  }

  /** Queue a reply. Answers the error for which it was not accepted, if there is one. */
  pushReply(message: string | EncodedMessage): ProtocolError | undefined {
    if (!this.isOpen) {
      if (typeof message !== "string") this.#streams.discard(message.streams);
      return undefined;
    }
    if (typeof message === "string" && message.length <= this.flow.freeLength) {
      this.#queue.pushLine(message, true);
    } else {
      const whole = asEncoded(message);
      const error = this.#refuseStreams(whole) ?? this.flow.refuseCall(whole, true);
      if (error !== undefined) return this.#discard(whole, error);
      this.#queue.pushAnswer(whole, this.#streams.begin(whole.streams));
    }
    this.flow.note();
    return undefined;
  }

  /** Queue a reply or a cancellation, LF included, that must not be refused: a small one. */
  pushSurely(line: string): void {
    if (!this.isOpen) return;
    this.#queue.pushLine(line, true);
    this.flow.noteSurely();
  }

  /** Take a call out that is not written yet. False if it may be on its way. */
  withdrawCall(callId: number): boolean {
    return this.#queue.withdrawCall(callId) || this.#held?.withdrawCall(callId) === true;
  }

  /** Queue what a former session could not send. What the peer's limits forbid is told. */
  carry(batches: readonly Batch[], tell: (error: ProtocolError) => void): void {
    for (const batch of batches) {
      const fit = allowedBy(this.flow.peer, batch, tell);
      // The former session may still report the batch as it was.
      if (fit !== undefined) {
        (this.#held ?? this.#queue).pushBatch({ ...fit, answerBytes: undefined });
      }
    }
    this.flow.note();
  }

  /** Keep new events and calls for later: of what waits already, `flow` tells what leaves. */
  hold(flow: "leaving" | "ending" | "nothing"): void {
    this.writer.setFlow(flow);
    this.#held ??= new SendQueue();
  }

  /** Let what is held leave, behind all that waits. */
  release(): void {
    this.writer.setFlow("all");
    const held = this.#held;
    this.#held = undefined;
    for (const batch of held?.takeAll() ?? []) this.#queue.pushBatch(batch);
  }

  /** The messages that wait and will not be written over this connection. */
  stranded(): readonly Batch[] {
    const held = this.#held?.waiting() ?? [];
    return this.writer.flow === "nothing" ? [...this.#queue.waiting(), ...held] : held;
  }

  /** Begin a flush; the mark comes back from `takeFlushed`. */
  flush(mark: object): void {
    const queue = this.#held?.isThrough === false ? this.#held : this.#queue;
    const isReached = queue.isThrough;
    (this.#flushes ??= []).push({ mark, target: isReached ? this.#queue.sent : undefined });
    if (!isReached) queue.pushMark(mark);
  }

  /** True if a flush waits. */
  get flushes(): boolean {
    return this.#flushes !== undefined && this.#flushes.length > 0;
  }

  reach(mark: object, sent: number): void {
    const flush = this.#flushes?.find((one) => one.mark === mark);
    if (flush !== undefined) flush.target = sent;
  }

  /** End a flush whose caller no longer waits. */
  withdrawFlush(mark: object): void {
    this.#flushes = this.#flushes?.filter((one) => one.mark !== mark);
    this.#queue.withdrawMark(mark);
    this.#held?.withdrawMark(mark);
  }

  /** Take the flushes that are through. */
  takeFlushed(): readonly object[] {
    if (!this.flushes) return none;
    const { acknowledged } = this.#queue;
    const through = (this.#flushes ?? []).filter(({ target = Infinity }) => target <= acknowledged);
    if (through.length === 0) return none;
    this.#flushes = this.#flushes?.filter((one) => !through.includes(one));
    return through.map(({ mark }) => mark);
  }

  /** Take the flushes that will never be through. */
  takeUnflushed(): readonly object[] {
    const marks = this.#flushes?.map(({ mark }) => mark) ?? none;
    this.#flushes = undefined;
    return marks;
  }

  /** The peer has received so many messages. False if that cannot be. */
  acknowledge(count: number): boolean {
    if (count < this.#queue.acknowledged || count > this.#queue.sent) return false;
    this.#queue.acknowledge(count);
    this.flow.free();
    return true;
  }

  /** The opening of a connection has settled on this. */
  apply(limits: DeclaredLimits, acknowledges: boolean): void {
    this.writer.setKeeps(acknowledges);
    this.flow.setPeerLimits(limits);
  }

  /** The connection is gone: everything waits for the next one. */
  detach(): void {
    this.writer.detach();
    this.release();
    this.flow.detach();
    this.#queue.rewind();
  }

  /** The peer of a new connection has received so many. Answers false, and changes nothing, if that cannot be. */
  resume(count: number): boolean {
    if (!this.#queue.couldResume(count)) return false;
    this.#queue.rewind(count);
    this.flow.free();
    return true;
  }

  /** The peer of a connection that is gone is known to have received so many; what cannot be is left aside. */
  confirm(count: number): void {
    if (this.#queue.couldResume(count)) this.#queue.rewind(count);
  }

  /** Take no more calls, and keep what is emitted; behind what leaves goes the connection's own end. */
  shut(): void {
    this.writer.shut();
    this.flow.shut();
  }

  /** Hand everything to the connection. Unless `mayEnd`, something may still follow the bye. */
  writeOut(writer: ByteWriter, mayEnd = true): void {
    this.writer.writeOut(writer, mayEnd);
    this.flow.handleWritten();
  }

  /** Drop the events whose time is over. */
  expire(now: number): void {
    if (now < this.nextExpiry) return;
    const drops = (): Drops => this.drops;
    this.#queue.expire(now, drops);
    this.#held?.expire(now, drops);
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    const { nextExpiry } = this.#queue;
    return this.#held === undefined ? nextExpiry : Math.min(nextExpiry, this.#held.nextExpiry);
  }

  /** The report of events that were dropped since the last one. */
  takeDrops(): ProtocolError | undefined {
    return this.#drops === undefined || this.#drops.empty ? undefined : this.#drops.take();
  }

  /** Events that were never written, by name. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#drops?.all ?? {};
  }

  get drops(): Drops {
    return (this.#drops ??= new Drops());
  }

  dropOldest(bytes: number): void {
    const held = this.#held?.waitingBytes ?? 0;
    this.#queue.dropOldest(Math.max(0, bytes - held), this.drops);
    this.#held?.dropOldest(Math.max(0, bytes - this.#queue.waitingBytes), this.drops);
  }

  sizeUnder(key: string): number | undefined {
    return (this.#held ?? this.#queue).sizeUnder(key);
  }

  /** The messages that are not acknowledged when the session is over. */
  remains(): Remains {
    const { unconfirmed, unsent } = this.#queue.remains();
    return { unconfirmed, unsent: [...unsent, ...(this.#held?.waiting() ?? [])] };
  }

  /** Forget the messages. */
  clear(): void {
    this.#queue.clear();
    this.#held?.clear();
  }

  /** Messages that were written, each counted once. */
  get written(): number {
    return this.#queue.written;
  }

  /** Calls that wait for the next session. */
  get heldCalls(): number {
    return this.#held?.calls ?? 0;
  }

  /** True if all that leaves over this connection has been acknowledged. */
  get settled(): boolean {
    return this.#queue.unconfirmedBytes === 0 && this.#queue.isThrough;
  }

  /**
   * Bytes that were accepted and that the connection has not taken: messages, lines without a number, and
   * what its own buffer holds.
   */
  get queuedBytes(): number {
    return this.waitingBytes + this.writer.controlBytes + this.writer.unsentBytes;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#queue.unconfirmedBytes;
  }

  get waitingBytes(): number {
    const { waitingBytes } = this.#queue;
    return this.#held === undefined ? waitingBytes : waitingBytes + this.#held.waitingBytes;
  }

  get answerBytes(): number {
    return this.#queue.answerBytes;
  }

  get acknowledged(): number {
    return this.#queue.acknowledged;
  }

  get isThrough(): boolean {
    return this.#queue.isThrough;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  get peer(): DeclaredLimits {
    return this.flow.peer;
  }

  forbid(message: EncodedMessage): ProtocolError | undefined {
    return this.flow.forbid(message);
  }

  /** Queue an event as a batch of its own. */
  #pushEvent(message: EncodedMessage, terms?: Terms): boolean | ProtocolError {
    const refusal = this.#refuseStreams(message) ?? this.flow.refuseEvent(message, terms?.key);
    if (refusal !== undefined) {
      this.#streams.discard(message.streams, refusal === false ? undefined : refusal);
      return refusal;
    }
    const cargo = this.#streams.begin(message.streams);
    (this.#held ?? this.#queue).pushAlone(message, terms, cargo);
    return this.flow.note();
  }

  #discard({ streams }: EncodedMessage, error: ProtocolError): ProtocolError {
    this.#streams.discard(streams, error);
    return error;
  }

  #refuseStreams({ streams }: EncodedMessage): ProtocolError | undefined {
    return this.takesEvents && streams.length > 0 ? this.#streams.refuse(streams) : undefined;
  }

  /** True while new events and calls leave at once. */
  get #isReady(): boolean {
    return this.#held === undefined && this.writer.flows;
  }
}

/** The terms of a call that may be withdrawn. */
function termsOfCall(callId: number): Terms {
  return { expiresAt: Infinity, key: undefined, callId };
}
