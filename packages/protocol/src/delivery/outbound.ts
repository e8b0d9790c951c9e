import type { Buffer } from "node:buffer";
import { encodePing } from "../control.ts";
import type { ProtocolError } from "../error.ts";
import { EncodedEvent, type EventEncoder } from "../event-encoder.ts";
import { type DeclaredLimits, declaredFloor, type SessionLimits } from "../limits.ts";
import { slowConsumerError } from "../slow-consumer-error.ts";
import { type Batch, type Chunk, sizeOf } from "./batch.ts";
import type { ByteWriter, ConnectionWriter } from "./connection-writer.ts";
import { Drops } from "./drops.ts";
import type { EmitOptions } from "./emit-options.ts";
import { Flushes } from "./flushes.ts";
import type { Passage } from "./lane.ts";
import { Outgoing } from "./outgoing.ts";
import { forbiddenBy } from "./peer-limits.ts";
import { queueFullError } from "./queue-full-error.ts";
import type { SlowConsumerPolicy } from "./slow-consumer-policy.ts";

/** Queued bytes that leave before the tick is over: one record, and a fraction of a socket's buffer. */
const ripeBytes: number = 64 * 1024;

/** Bytes handed over in one write: what a control message or another lane waits for at most. */
const burstBytes: number = 256 * 1024;

/** What the opening of a connection has settled. */
export interface Agreement {
  /** What the peer declares that it takes. */
  readonly limits: DeclaredLimits;
  /** Messages are counted and acknowledged. */
  readonly acknowledges: boolean;
  /** Large messages and lanes other than 0 go in fragments. */
  readonly fragments: boolean;
}

/** The sending half of a session: what may be emitted, what waits, what is in flight, and what leaves when. */
export class Outbound {
  readonly #limits: SessionLimits;
  readonly #policy: SlowConsumerPolicy;
  readonly #encoder: EventEncoder;
  readonly #outgoing = new Outgoing();
  readonly #flushes = new Flushes();
  readonly #drops = new Drops();
  /** Lines without a number, which go before everything else. */
  #control = "";
  /** The last words, which go after everything else. */
  #farewell = "";
  /** The present connection; `undefined` while there is none. */
  #connection: ConnectionWriter | undefined;
  readonly #passage: Passage = { fragments: false, keeps: false, room: 0, out: [] };
  #peer: DeclaredLimits = declaredFloor;
  #isOpen = false;
  /** Lines of at most so many UTF-16 units need no counting; -1 while events may not go just so. */
  #freeLength = -1;
  #drainWanted = false;
  /** True if nothing more is to be numbered: what waits goes into the next session. */
  #held = false;
  #ripe = false;
  /** Messages written when the peer was last asked to acknowledge them. */
  #askedAt = -1;

  constructor(
    limits: SessionLimits,
    policy: SlowConsumerPolicy,
    encoder: EventEncoder,
    connection: ConnectionWriter,
  ) {
    this.#limits = limits;
    this.#policy = policy;
    this.#encoder = encoder;
    this.#connection = connection;
  }

  /** Note what the peer's preface says. */
  heed(agreement: Agreement): void {
    this.#peer = agreement.limits;
    this.#passage.fragments = agreement.fragments;
    this.#passage.keeps = agreement.acknowledges;
    // What a reader holds of unfinished messages: two of the largest.
    this.#passage.room = 2 * agreement.limits.message;
  }

  /** Let events go, within the limits that the peer declared. */
  open(): void {
    this.#isOpen = true;
    this.#free();
  }

  /** Let no more events go; what is queued still leaves, and behind it the connection's own end. */
  shut(): void {
    this.#connection?.shut();
    this.#isOpen = false;
    this.#freeLength = -1;
  }

  /** True while events may go. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes accepted that the operating system has not taken yet. */
  get queuedBytes(): number {
    const unsent = this.#connection?.unsentBytes ?? 0;
    return this.#outgoing.waitingBytes + this.#control.length + this.#farewell.length + unsent;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#outgoing.unconfirmedBytes;
  }

  /** True if nothing waits to be handed to the connection. */
  get empty(): boolean {
    return this.#isIdle() && this.#connection?.empty !== false;
  }

  /** True if a `writeOut` is worth its while before the tick is over, so that the peer need not wait for all of it. */
  get ripe(): boolean {
    return this.#ripe;
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    return this.#outgoing.nextExpiry;
  }

  /** The error of a peer that has left more unread than the bound allows, if that ends the session. */
  get overfull(): ProtocolError | undefined {
    const { maxQueuedBytes } = this.#limits;
    if (this.#connection?.blocked !== true) return undefined;
    const bytes = this.#outgoing.waitingBytes + this.#control.length;
    if (bytes < maxQueuedBytes) return undefined;
    if (this.#policy !== "disconnect" && this.#control.length < maxQueuedBytes) return undefined;
    return slowConsumerError(this.queuedBytes, maxQueuedBytes);
  }

  /**
   * Queue an event: true, or false from the high-water mark on and while events may not go. What
   * the peer's limits forbid answers the error that says so. Throws what `EventEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean | ProtocolError {
    const line = this.#encoder.line(event, data);
    const { attachments } = this.#encoder;
    if (line.length <= this.#freeLength && attachments.length === 0) {
      this.#outgoing.first.queue.pushLine(line);
      return this.#belowHighWaterMark();
    }
    return this.emitEncoded(new EncodedEvent(line, attachments, event));
  }

  /** Queue an event that was encoded before. Answers as `emit`. */
  emitEncoded(encoded: EncodedEvent): boolean | ProtocolError {
    const refusal = this.#refuse(encoded);
    if (refusal !== undefined) return refusal;
    this.#outgoing.first.queue.pushShared(encoded);
    return this.#belowHighWaterMark();
  }

  /** Queue an event in its own way. Answers as `emit`, and false for one that is dropped. */
  emitWith(encoded: EncodedEvent, options: EmitOptions, now: number): boolean | ProtocolError {
    const { name: event } = encoded;
    const { lane = 0, ttl = Infinity, volatile = false, conflate } = options;
    if (this.#isOpen && volatile && !this.#isReady()) {
      this.#drops.add(event, "not-ready");
      this.#drainWanted = true;
      return false;
    }
    const refusal = this.#refuse(encoded);
    if (refusal !== undefined) return refusal;
    const terms = { event, expiresAt: now + ttl, key: conflate, callId: 0 };
    this.#outgoing.lane(this.#laneFor(lane)).queue.pushAlone(encoded, terms);
    return this.#belowHighWaterMark();
  }

  /**
   * Queue a call, a reply or a cancellation, LF included, with its attachments. Answers the error
   * for which it was not accepted, if there is one.
   */
  push(
    line: string,
    attachments: readonly Buffer[],
    lane: number,
    callId = 0,
  ): ProtocolError | undefined {
    if (!this.#isOpen) return undefined;
    const plain = lane === 0 && attachments.length === 0 && line.length <= this.#freeLength;
    if (plain && (callId === 0 || this.#isReady())) {
      this.#outgoing.first.queue.pushLine(line);
      this.#belowHighWaterMark();
      return undefined;
    }
    const encoded = new EncodedEvent(line, attachments);
    const error = forbiddenBy(this.#peer, encoded) ?? (callId < 0 ? undefined : this.#queueFull());
    if (error !== undefined) return error;
    const terms = { event: "", expiresAt: Infinity, key: undefined, callId };
    this.#outgoing
      .lane(this.#laneFor(lane))
      .queue.pushAlone(encoded, callId > 0 ? terms : undefined);
    this.#belowHighWaterMark();
    return undefined;
  }

  /** Queue what must not be refused: small, and bounded by the calls of the peer. */
  pushSurely(line: string, lane: number): void {
    this.push(line, [], lane, -1);
  }

  /** Take a call out that is not written yet. False if it may be on its way. */
  withdrawCall(callId: number, lane: number): boolean {
    return this.#outgoing.lane(this.#laneFor(lane)).queue.withdrawCall(callId);
  }

  /** Tell whether the peer's limits allow a message. */
  takes(event: EncodedEvent): boolean {
    return forbiddenBy(this.#peer, event) === undefined;
  }

  /** Queue a line without a number, LF included, whether or not events may go. */
  pushControl(line: string): void {
    this.#control += line;
  }

  /** Set the last words, which go after everything else. */
  pushFarewell(line: string): void {
    this.#farewell += line;
  }

  /** Number nothing more: what waits is for the next session. */
  hold(): void {
    this.#held = true;
  }

  /** True if all that was numbered has been acknowledged. */
  get settled(): boolean {
    return this.#outgoing.unconfirmedBytes === 0 && !this.#outgoing.isMidway;
  }

  /** Begin a flush; the mark comes back from `takeFlushed`. */
  flush(mark: object): void {
    const targets = new Map<number, number>();
    let queued = 0;
    for (const [index, lane] of this.#outgoing.lanes()) {
      if (lane.idle) {
        targets.set(index, lane.sent);
      } else {
        lane.queue.pushMark(mark);
        queued++;
      }
    }
    this.#flushes.add(mark, queued, targets);
  }

  /** Take the flushes that are through. */
  takeFlushed(): readonly object[] {
    return this.#flushes.takeDone((lane) => this.#outgoing.lane(lane).acknowledged);
  }

  /** Take the flushes that will never be through. */
  takeUnflushed(): readonly object[] {
    return this.#flushes.clear();
  }

  /** The peer has received so many messages on each lane. False if that cannot be. */
  acknowledge(counts: readonly number[]): boolean {
    for (const [index, count] of counts.entries()) {
      const { acknowledged, sent } = this.#outgoing.lane(index);
      if (count < acknowledged || count > sent) return false;
    }
    for (const [index, count] of counts.entries()) this.#outgoing.lane(index).acknowledge(count);
    this.#free();
    return true;
  }

  /** The peer of a connection that is gone is known to have received so many; what cannot be is left aside. */
  confirm(counts: readonly number[]): void {
    for (const [index, lane] of this.#outgoing.lanes()) {
      const count = counts[index] ?? 0;
      if (lane.couldResume(count)) lane.resume(count);
    }
  }

  /** The connection is gone: everything waits for the next one. */
  detach(): void {
    this.#connection = undefined;
    this.#control = "";
    this.#askedAt = -1;
    for (const [, lane] of this.#outgoing.lanes()) lane.rewind();
  }

  /**
   * Go on over a new connection, whose peer has received so many messages on each lane. Answers
   * false, and changes nothing, if that cannot be.
   */
  resume(connection: ConnectionWriter, counts: readonly number[]): boolean {
    for (const [index, lane] of this.#outgoing.lanes()) {
      if (!lane.couldResume(counts[index] ?? 0)) return false;
    }
    if (counts.some((count, index) => count > 0 && !this.#has(index))) return false;
    for (const [index, lane] of this.#outgoing.lanes()) lane.resume(counts[index] ?? 0);
    this.#connection = connection;
    this.#free();
    return true;
  }

  /**
   * Hand everything to the connection, in as few writes as hold it, unless it wants no more at
   * present. Unless `mayEnd`, something may still follow the last words.
   */
  writeOut(writer: ByteWriter, mayEnd = true): void {
    this.#ripe = false;
    const connection = this.#connection;
    if (connection === undefined || connection.blocked) return;
    if (connection.isOver) {
      this.#control = "";
      this.#farewell = "";
      return;
    }
    connection.writeClear(writer);
    while (!connection.blocked) {
      const out = this.#gather();
      if (out.length === 0) break;
      connection.write(writer, out);
    }
    if (mayEnd && !connection.blocked && this.#isIdle()) connection.writeEnd(writer);
    this.#free();
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.#connection?.handleDrain();
  }

  /** True once after an open session's `emit` has answered false and everything has left since. */
  takeDrain(): boolean {
    if (!this.#drainWanted || !this.#isReady() || !this.#outgoing.idle) return false;
    this.#drainWanted = false;
    return true;
  }

  /** Drop the events whose time is over. */
  expire(now: number): void {
    for (const [, lane] of this.#outgoing.lanes()) lane.queue.expire(now, this.#drops);
  }

  /** The report of events that were dropped since the last one. */
  takeDrops(): ProtocolError | undefined {
    return this.#drops.empty ? undefined : this.#drops.take();
  }

  /** What is not acknowledged when the session is over: messages that may have arrived, and those that did not. */
  remains(): { readonly unconfirmed: readonly Batch[]; readonly unsent: readonly Batch[] } {
    const remains = this.#outgoing.remains();
    return {
      unconfirmed: remains.flatMap(({ unconfirmed }) => unconfirmed),
      unsent: remains.flatMap(({ unsent }) => unsent),
    };
  }

  /** Queue what a former session could not send, before everything else. */
  inherit(batches: readonly Batch[]): void {
    for (const batch of batches) this.#outgoing.first.queue.pushBatch(batch);
  }

  /** Forget what waits. */
  clear(): void {
    this.#connection?.clear();
    this.#outgoing.clear();
    this.#control = "";
    this.#farewell = "";
  }

  /** The chunks of one write. */
  #gather(): Chunk[] {
    const out: Chunk[] = [];
    this.#passage.out = out;
    if (this.#control !== "") out.push(this.#control);
    this.#control = "";
    let bytes = 0;
    while (bytes < burstBytes && this.#windowOpen() && this.#mayNumber()) {
      const before = out.length;
      if (!this.#outgoing.take(this.#passage, this.#reach)) break;
      for (let index = before; index < out.length; index++) bytes += sizeOf(out[index] ?? "");
    }
    if (this.#farewell !== "" && this.#hasWritten()) {
      out.push(this.#farewell);
      this.#farewell = "";
    } else if (this.#asks()) {
      out.push(encodePing(0));
    }
    return out;
  }

  /** True if the peer is to be asked for an acknowledgement: someone waits for it, or nothing more may go. */
  #asks(): boolean {
    if (!this.#passage.keeps) return false;
    const awaited = this.#held || (this.#flushes.any && this.#outgoing.idle);
    if (!awaited && this.#windowOpen()) return false;
    let sent = 0;
    for (const [, lane] of this.#outgoing.lanes()) sent += lane.sent;
    if (sent === this.#askedAt || this.#outgoing.unconfirmedBytes === 0) return false;
    this.#askedAt = sent;
    return true;
  }

  readonly #reach = (mark: object, lane: number, sent: number): void => {
    this.#flushes.reach(mark, lane, sent);
  };

  #mayNumber(): boolean {
    return !this.#held || this.#outgoing.isMidway;
  }

  /** True if all that is to be written in this session was. */
  #hasWritten(): boolean {
    return this.#held ? !this.#outgoing.isMidway : this.#outgoing.idle;
  }

  #isIdle(): boolean {
    return this.#control === "" && this.#farewell === "" && this.#hasWritten();
  }

  #windowOpen(): boolean {
    return this.#outgoing.unconfirmedBytes < this.#limits.maxUnconfirmedBytes;
  }

  #isReady(): boolean {
    return this.#connection?.blocked === false && this.#windowOpen();
  }

  #laneFor(lane: number): number {
    return this.#passage.fragments ? lane : 0;
  }

  #has(index: number): boolean {
    for (const [used] of this.#outgoing.lanes()) if (used === index) return true;
    return false;
  }

  /** Why an event is not queued, if it is not: false, or the error that says why. */
  #refuse(encoded: EncodedEvent): false | ProtocolError | undefined {
    if (!this.#isOpen) return false;
    const error = forbiddenBy(this.#peer, encoded);
    if (error !== undefined) {
      this.#drainWanted = true;
      return error;
    }
    const full = this.#queueFull();
    if (full === undefined || this.#endsByPolicy()) return undefined;
    this.#drainWanted = true;
    if (this.#policy === "drop-oldest") {
      const room = this.#limits.maxQueuedBytes - encoded.size;
      this.#outgoing.first.queue.dropOldest(Math.max(0, room), this.#drops);
      if (this.#outgoing.first.queue.bytes <= Math.max(0, room)) return undefined;
    }
    this.#drops.add(encoded.name, "queue-full");
    return false;
  }

  /** True if a full queue ends the session at the next write. */
  #endsByPolicy(): boolean {
    return this.#policy === "disconnect" && this.#connection?.blocked === true;
  }

  #queueFull(): ProtocolError | undefined {
    const { maxQueuedBytes } = this.#limits;
    const bytes = this.#outgoing.waitingBytes;
    if (bytes < maxQueuedBytes || this.#isReady()) return undefined;
    return queueFullError(bytes, maxQueuedBytes);
  }

  #belowHighWaterMark(): boolean {
    const bytes = this.#outgoing.waitingBytes;
    const { highWaterMark, maxQueuedBytes } = this.#limits;
    this.#ripe = bytes >= ripeBytes && this.#isReady();
    if (bytes >= maxQueuedBytes) this.#freeLength = -1;
    if (bytes + (this.#connection?.unsentBytes ?? 0) < highWaterMark) return true;
    this.#drainWanted = true;
    return false;
  }

  #free(): void {
    if (!this.#isOpen || this.#outgoing.waitingBytes >= this.#limits.maxQueuedBytes) return;
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.#freeLength = Math.floor(this.#peer.message / 3);
  }
}
