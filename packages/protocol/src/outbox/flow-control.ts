import type { ProtocolError } from "../error.ts";
import type { EncodedMessage, WholeMessage } from "../wire/message-encoder.ts";
import { type DeclaredLimits, declaredFloor, type SessionLimits, forbiddenBy } from "../limits.ts";
import type { ByteWriter } from "../wire/connection.ts";
import type { Drops } from "./drops.ts";
import type { Writer } from "./writer.ts";
import {
  type SlowConsumerPolicy,
  queueFullError,
  stalledError,
  unreadAnswersError,
  Stall,
} from "./slow-consumer.ts";

/** Queued bytes that leave before the tick is over: one record, and a fraction of a socket's buffer. */
const ripeBytes: number = 64 * 1024;

/** Fewer answers than this are not worth two writes: with one comes a wake-up of either side. */
const fewAnswers: number = 32;

/** Fewer answers than this are not worth two records. */
const fewSealedAnswers: number = 64;

/** The sizes that the limits look at. */
type Extent = Pick<WholeMessage, "size" | "attachments">;

/** The part of an outbox by which flow control decides. */
export interface Outflow {
  /** Bytes that wait to be written for the first time, and those of them that answer the peer. */
  readonly waitingBytes: number;
  readonly answerBytes: number;
  /** Messages that the peer has acknowledged. */
  readonly acknowledged: number;
  /** True if all is written that leaves over this connection. */
  readonly isThrough: boolean;
  /** True while new events and calls are kept for later. */
  readonly isHeld: boolean;
  /** The way to the connection. */
  readonly writer: Writer;
  /** The size of the event that waits under a key. */
  sizeUnder(key: string): number | undefined;
  /** Drop events, oldest first, until at most `bytes` wait or no more can be dropped. */
  dropOldest(bytes: number): void;
  /** The drops that are not reported yet. */
  readonly drops: Drops;
}

/**
 * Decides what may be queued: by the peer's limits, the bound of the queue, and the policy for a peer that
 * stays behind.
 */
export class FlowControl {
  readonly #limits: SessionLimits;
  readonly #policy: SlowConsumerPolicy;
  readonly #outflow: Outflow;
  #peer: DeclaredLimits = declaredFloor;
  /**
   * The messages that are let in: none; events and calls; events alone, to be kept, before a welcome and behind a
   * goodbye; in the last moment those too that find the queue full.
   */
  #phase: "before" | "open" | "keeping" | "last" | "over" = "before";
  /**
   * A line without attachments of at most so many UTF-16 units may be queued without a question; -1 while events may
   * not go just so.
   */
  freeLength = -1;
  #drainWanted = false;
  /** Bytes queued from which `note` answers false. */
  #highWaterMark = 0;
  /** True if a write should not wait for the end of the tick, so that the peer need not wait for all of it. */
  ripe = false;
  /** Messages until a write should not wait for the end of the tick; 0 if only bytes count. */
  #untilRipe = 0;
  /** Made when the peer is looked at for the first time: most read what is sent. */
  #stall: Stall | undefined;
  /** The instant of a look at the peer that is due. */
  #lookAt: number | undefined;
  /** True if the peer has caused more answers than the bound allows and does not read them as fast. */
  #overrun = false;

  constructor(limits: SessionLimits, policy: SlowConsumerPolicy, outflow: Outflow) {
    this.#limits = limits;
    this.#policy = policy;
    this.#outflow = outflow;
  }

  /** Note what the peer declares that it takes. */
  setPeerLimits(peer: DeclaredLimits): void {
    this.#peer = peer;
    this.freeLength = -1;
    this.free();
  }

  /** Let messages in. */
  open(): void {
    this.#phase = "open";
    this.#highWaterMark = this.#limits.highWaterMark;
    this.free();
  }

  /** Let events in alone, which are kept: each answers false, and `drain` follows when they have left. */
  keep(): void {
    this.#phase = "keeping";
    this.#highWaterMark = 0;
    this.free();
  }

  /** Let no more calls in; events are kept, if there ever were any. */
  shut(): void {
    this.#phase = this.#phase === "before" ? "over" : "keeping";
  }

  /** The last listeners of the session are about to run: let in whatever they emit. */
  beLenient(): void {
    if (this.#phase === "keeping") this.#phase = "last";
  }

  /** Let nothing more in. */
  end(): void {
    this.#phase = "over";
    this.freeLength = -1;
  }

  /** True while all messages are let in. */
  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /** True while events are let in, to be sent or kept. */
  get takesEvents(): boolean {
    return this.#phase !== "before" && this.#phase !== "over";
  }

  /** True if `emit` has answered false, and no `drain` has followed. */
  get owesDrain(): boolean {
    return this.#drainWanted;
  }

  /**
   * So many messages are about to be delivered, and may each be answered. Half of the answers leave
   * before the others are there: the peer works on them meanwhile, and both sides are never idle in turn.
   */
  expectAnswers(count: number, isSealed: boolean): void {
    const few = isSealed ? fewSealedAnswers : fewAnswers;
    this.#untilRipe = count < few ? 0 : count >> 1;
  }

  /** The limits that the peer declares. */
  get peer(): DeclaredLimits {
    return this.#peer;
  }

  /** Why an event is not queued, if it is not: false, or the error that says why. */
  refuseEvent(event: EncodedMessage, key?: string): false | ProtocolError | undefined {
    if (!this.takesEvents) return false;
    const error = this.forbid(event);
    if (error !== undefined) {
      this.#drainWanted = true;
      return error;
    }
    const replaced = key === undefined ? undefined : this.#outflow.sizeUnder(key);
    // An event that takes the place of a larger one adds nothing to a full queue.
    const adds = replaced === undefined || event.frameSize > replaced;
    const refusal = adds && this.#isFull() ? this.#refuseByPolicy(event) : undefined;
    // The policy may have dropped the older one.
    if (refusal === undefined && key !== undefined) {
      if (this.#outflow.sizeUnder(key) !== undefined) this.#outflow.drops.count(event.name);
    }
    return refusal;
  }

  /** Why a call is not queued, if it is not; or a reply, which goes while events are held. */
  refuseCall(call: Extent, isReply = false): ProtocolError | undefined {
    const error = this.forbid(call);
    if (error !== undefined) return error;
    if (isReply) return this.#refuseReply();
    if (!this.#isFull()) return undefined;
    return queueFullError(this.#outflow.waitingBytes, this.#bound, this.#boundName);
  }

  // Messages that the peer causes have the lower bound: it must not be able to fill the memory. It may read slowly
  // and ask on, so that what waits is counted and not what comes while it reads nothing.
  #refuseReply(): ProtocolError | undefined {
    const { maxQueuedBytes } = this.#limits;
    const { flows, isConnected } = this.#outflow.writer;
    if (flows || this.#outflow.waitingBytes < maxQueuedBytes) return undefined;
    const hasRoom = this.#outflow.answerBytes < 1.5 * maxQueuedBytes;
    if (this.#policy === "disconnect" && isConnected && hasRoom) return undefined;
    return queueFullError(this.#outflow.waitingBytes, maxQueuedBytes);
  }

  /** Why the peer's limits forbid a message, if they do. */
  forbid({ size, attachments }: Extent): ProtocolError | undefined {
    return forbiddenBy(this.#peer, { size, attachments: attachments.length });
  }

  /** Drop an event that was to go now or never, if it cannot. */
  refuseVolatile(event: string): boolean {
    if (!this.takesEvents || this.#phase === "last" || this.#isReady) return false;
    this.#outflow.drops.add(event, "not-ready");
    this.#drainWanted = true;
    return true;
  }

  /** Something was queued: true below the high-water mark. */
  note(): boolean {
    const bytes = this.#outflow.waitingBytes;
    const { maxQueuedBytes } = this.#limits;
    const isHalf = this.#untilRipe > 0 && --this.#untilRipe === 0;
    if (isHalf || bytes >= ripeBytes) this.ripe ||= this.#isReady;
    // The message that is leaving does not count: it must not keep small ones out.
    if (bytes >= maxQueuedBytes) this.#noteFull();
    if (bytes + this.#outflow.writer.unsentBytes < this.#highWaterMark) return true;
    this.#drainWanted = true;
    return false;
  }

  /**
   * Something was queued that no policy drops. Answers end the session when twice the bound of them waits, of which
   * replies have three quarters; events that may be dropped make room.
   */
  noteSurely(): void {
    this.note();
    const { maxQueuedBytes } = this.#limits;
    if (this.#outflow.waitingBytes < maxQueuedBytes || !this.#isStuck) return;
    if (this.#policy === "disconnect") {
      if (this.#outflow.answerBytes >= 2 * maxQueuedBytes) this.#overrun = true;
      return;
    }
    if (this.#outflow.waitingBytes < 2 * maxQueuedBytes) return;
    this.#outflow.dropOldest(maxQueuedBytes);
    if (this.#outflow.waitingBytes >= 2 * maxQueuedBytes) this.#overrun = true;
  }

  /** The instant at which `look` has something to do: 0 for after the next poll, Infinity if never. */
  get deadline(): number {
    return this.#stall?.deadline ?? Infinity;
  }

  /** The deadline is over: the next `judge` looks at the peer. */
  look(now: number): void {
    if (this.#stall === undefined || now < this.#stall.deadline) return;
    this.#stall.pause();
    this.#lookAt = now;
  }

  /** All was written that the connection takes. */
  handleWritten(): void {
    this.ripe = false;
    if (this.freeLength < 0) this.free();
  }

  /** Something has left: what was held up may be let in again. */
  free(): void {
    if (this.freeLength >= 0 || !this.takesEvents) return;
    if (this.#outflow.waitingBytes >= this.#limits.maxQueuedBytes) {
      this.#noteFull();
      return;
    }
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.freeLength = Math.floor(this.#peer.message / 3);
  }

  /** The connection is gone: the peer is judged anew by what it takes of the next one. */
  detach(): void {
    this.#stall?.end();
    this.#lookAt = undefined;
  }

  /**
   * True once after an open session's `emit` has answered false and everything has left since that is
   * to leave over this connection, if less is kept back than the high-water mark.
   */
  takeDrain(): boolean {
    if (!this.#drainWanted || this.#isStuck || !this.#outflow.isThrough) return false;
    const keptBack = this.#outflow.waitingBytes;
    if (keptBack > 0 && keptBack >= this.#limits.highWaterMark) return false;
    this.#drainWanted = false;
    return true;
  }

  /** The error of a peer that makes no progress although too much waits for it, if that ends the session. */
  judge(writer: ByteWriter): ProtocolError | undefined {
    if (!this.#isStuck) {
      this.#overrun = false;
      if (this.#lookAt === undefined) return undefined;
    }
    const { maxQueuedBytes } = this.#limits;
    const stalled = this.#lookAt === undefined ? undefined : this.#look(this.#lookAt, writer);
    const overrun = this.#overrun || this.#outflow.writer.stuckControlBytes >= maxQueuedBytes;
    if (!overrun && stalled === undefined) return undefined;
    const { controlBytes, unsentBytes } = this.#outflow.writer;
    const bytes = this.#outflow.waitingBytes + controlBytes + unsentBytes;
    return stalled === undefined
      ? unreadAnswersError(bytes, maxQueuedBytes)
      : stalledError(bytes, stalled, maxQueuedBytes);
  }

  #look(now: number, { bufferedBytes }: ByteWriter): number | undefined {
    this.#lookAt = undefined;
    const { acknowledged, isHeld, waitingBytes } = this.#outflow;
    const { drains, isConnected } = this.#outflow.writer;
    if (isConnected && !isHeld && waitingBytes >= this.#limits.maxQueuedBytes) {
      return this.#stall?.look(now, waitingBytes, { acknowledged, drains, unsent: bufferedBytes });
    }
    this.#stall?.end();
    return undefined;
  }

  /** True if nothing more is accepted that this side wants to send. */
  #isFull(): boolean {
    if (this.#phase === "last") return false;
    return !this.#isReady && this.#outflow.waitingBytes >= this.#bound;
  }

  get #boundName(): "maxBurstBytes" | "maxQueuedBytes" {
    return this.#endsSession ? "maxBurstBytes" : "maxQueuedBytes";
  }

  get #bound(): number {
    return Math.max(this.#limits[this.#boundName], this.#limits.maxQueuedBytes);
  }

  #noteFull(): void {
    const { waitingBytes } = this.#outflow;
    if (waitingBytes < this.#limits.maxQueuedBytes) return;
    this.freeLength = -1;
    if (this.#endsSession) (this.#stall ??= new Stall(this.#limits)).note(waitingBytes);
  }

  get #isReady(): boolean {
    return this.#outflow.writer.flows && !this.#outflow.isHeld;
  }

  /** True if there is a connection whose peer reads or acknowledges nothing at present. */
  get #isStuck(): boolean {
    const { isConnected, flows } = this.#outflow.writer;
    return isConnected && !flows;
  }

  // Messages that are kept back end no session: they have no reader yet.
  get #endsSession(): boolean {
    return this.#policy === "disconnect" && this.#isStuck && !this.#outflow.isHeld;
  }

  #refuseByPolicy(event: EncodedMessage): false | undefined {
    this.#drainWanted = true;
    if (this.#policy === "drop-oldest") {
      const room = Math.max(0, this.#limits.maxQueuedBytes - event.size);
      this.#outflow.dropOldest(room);
      if (this.#outflow.waitingBytes <= room) return undefined;
    }
    this.#outflow.drops.add(event.name, "queue-full");
    return false;
  }
}
