import { encodeFragments } from "@ipc/framing";
import { asBytes, type Batch, type Chunk } from "./batch.ts";
import type { Drops } from "./drops.ts";
import { InFlight } from "./in-flight.ts";
import { SendQueue } from "./send-queue.ts";

/** Bytes from which a message goes in fragments: what is handed over at once without them. */
export const fragmentedFromBytes: number = 256 * 1024;

/** Bytes of a fragment: with its header it fits one record of 64 KiB. */
const fragmentBytes: number = 64 * 1024 - 16;

/** A message on its way in fragments. */
interface Train {
  readonly batch: Batch;
  readonly fragments: readonly (readonly Uint8Array[])[];
  next: number;
}

/** The state that the lanes of a session share while they write. */
export interface Passage {
  /** Whether the peer understands fragments. */
  fragments: boolean;
  /** Whether what is written is kept until it is acknowledged. */
  keeps: boolean;
  /** Bytes of unfinished messages that the peer still has room for. */
  room: number;
  /** Where the chunks of the present write go. */
  out: Chunk[];
}

/** The messages that a lane holds when its session is over. */
export interface Remains {
  readonly unconfirmed: readonly Batch[];
  readonly unsent: readonly Batch[];
}

/** One ordered sequence of messages to the peer: those that wait, the one that leaves, those in flight. */
export class Lane {
  /** The messages that leave over this connection: the next number is given to the first of them. */
  readonly leaving: SendQueue = new SendQueue();
  /** Another queue only while new events and calls are kept back. */
  #queue: SendQueue = this.leaving;
  readonly #index: number;
  readonly #inFlight = new InFlight();
  /** The messages that have a number and are to be sent again, newest first. */
  #again: Batch[] = [];
  #train: Train | undefined;
  #sent = 0;
  /** The most messages that were ever written whole, on any connection. */
  #written = 0;

  constructor(index: number) {
    this.#index = index;
  }

  /** The queue of new events and calls. Answers and cancellations go to `leaving`. */
  get queue(): SendQueue {
    return this.#queue;
  }

  /** True while new events and calls are kept back. */
  get isHeld(): boolean {
    return this.#queue !== this.leaving;
  }

  /** Messages that were written whole, each counted once. */
  get written(): number {
    return this.#written;
  }

  /** Messages that were written whole on this connection or acknowledged before. */
  get sent(): number {
    return this.#sent;
  }

  /** Messages that the peer has acknowledged. */
  get acknowledged(): number {
    return this.#inFlight.acknowledged;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#inFlight.bytes;
  }

  /** Bytes of which nothing is written yet. */
  get queuedBytes(): number {
    return this.isHeld ? this.leaving.bytes + this.#queue.bytes : this.leaving.bytes;
  }

  /** Bytes of answers to the peer of which nothing is written yet. */
  get answerBytes(): number {
    return this.leaving.answerBytes;
  }

  /** Bytes that wait, those of an unfinished message included. */
  get waitingBytes(): number {
    return this.queuedBytes + (this.#train?.batch.size ?? 0);
  }

  /** True if all is written that is to leave over this connection. */
  get isThrough(): boolean {
    return this.leaving.empty && this.#again.length === 0 && this.#train === undefined;
  }

  /** True if nothing waits to be written, now or later. */
  get idle(): boolean {
    return this.isThrough && this.#queue.empty;
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    const { nextExpiry } = this.leaving;
    return this.isHeld ? Math.min(nextExpiry, this.#queue.nextExpiry) : nextExpiry;
  }

  /**
   * Add the next piece to what is written: a batch, or one fragment of a large one. Answers the mark
   * that was reached instead, if one was, true for a piece, and false if nothing may go.
   */
  take(passage: Passage): boolean | object {
    if (this.#train !== undefined) return this.#takeFragment(this.#train, passage);
    const batch = this.#again.pop() ?? this.leaving.take();
    if (batch === undefined) return false;
    if (batch.mark !== undefined) return batch.mark;
    const large = batch.messages === 1 && batch.size > fragmentedFromBytes;
    if (passage.fragments && (large || this.#index > 0)) {
      const fragments = encodeFragments(this.#index, batch.chunks.map(asBytes), fragmentBytes);
      this.#train = { batch, fragments, next: 0 };
      return this.#takeFragment(this.#train, passage);
    }
    for (const chunk of batch.chunks) passage.out.push(chunk);
    this.#handOver(batch, passage.keeps);
    return true;
  }

  /** Keep new events and calls back from now on; what waits already leaves, and answers do. */
  hold(): void {
    if (!this.isHeld) this.#queue = new SendQueue();
  }

  /** Let what was kept back leave, behind all that waits. */
  release(): void {
    if (!this.isHeld) return;
    const kept = this.#queue.takeAll();
    this.#queue = this.leaving;
    for (const batch of kept) this.leaving.pushOwn(batch);
  }

  /** Queue a mark behind all that waits. */
  pushMark(mark: object): void {
    (this.#queue.empty ? this.leaving : this.#queue).pushMark(mark);
  }

  /** Take a mark out, if it still waits. */
  withdrawMark(mark: object): void {
    this.leaving.withdrawMark(mark);
    if (this.isHeld) this.#queue.withdrawMark(mark);
  }

  /** Take a call out that was not written yet. False if it was, or can no longer be told apart. */
  withdrawCall(callId: number): boolean {
    return this.leaving.withdrawCall(callId) || (this.isHeld && this.#queue.withdrawCall(callId));
  }

  /** Take the events out whose time is over. */
  expire(now: number, drops: Drops): void {
    this.leaving.expire(now, drops);
    if (this.isHeld) this.#queue.expire(now, drops);
  }

  /** Drop events, oldest first, to make room for so many bytes or until none are left. */
  dropOldest(excess: number, drops: Drops): void {
    const before = this.queuedBytes;
    this.leaving.dropOldest(Math.max(0, this.leaving.bytes - excess), drops);
    const rest = excess - (before - this.queuedBytes);
    if (this.isHeld && rest > 0) {
      this.#queue.dropOldest(Math.max(0, this.#queue.bytes - rest), drops);
    }
  }

  /** The peer has received so many messages. */
  acknowledge(count: number): void {
    this.#inFlight.acknowledge(count);
  }

  /** The connection is gone: all that is not acknowledged is to be written again, under the same numbers. */
  rewind(): void {
    const batches = this.#inFlight.takeBack();
    if (this.#train !== undefined) batches.push(this.#train.batch);
    this.#train = undefined;
    for (let again = this.#again.pop(); again !== undefined; again = this.#again.pop()) {
      batches.push(again);
    }
    this.#again = batches.toReversed();
    this.#sent = this.#inFlight.acknowledged;
  }

  /**
   * Tell whether a peer can have received `count` messages: no more than were written, no less than it has
   * acknowledged.
   */
  couldResume(count: number): boolean {
    return count >= this.#inFlight.acknowledged && count <= this.#written;
  }

  /** On a new connection the peer says that it has received `count`: the rest is to be written again. */
  resume(count: number): void {
    this.rewind();
    let end = this.#sent;
    for (const batch of this.#again.toReversed()) {
      end += batch.messages;
      this.#inFlight.push(batch, end);
    }
    this.#again = [];
    this.#inFlight.acknowledge(count);
    this.rewind();
  }

  /**
   * The messages that are not acknowledged, oldest first: those that may have arrived, and those that surely
   * did not.
   */
  remains(): Remains {
    this.rewind();
    const again = this.#again.toReversed();
    const unconfirmed = again.slice(0, again.length - this.#begun().length);
    return { unconfirmed, unsent: this.unwritten() };
  }

  /** The messages that were never written whole, on any connection, oldest first. */
  unwritten(): readonly Batch[] {
    const kept = this.isHeld ? this.#queue.list() : [];
    return [...this.#begun(), ...this.leaving.list(), ...kept];
  }

  /** Forget everything that waits or is in flight. */
  clear(): void {
    this.leaving.clear();
    this.#queue.clear();
    this.#inFlight.clear();
    this.#again = [];
    this.#train = undefined;
  }

  /** The messages that have a number and were never written whole. */
  #begun(): readonly Batch[] {
    const numbered = this.#again.toReversed();
    if (this.#train !== undefined) numbered.unshift(this.#train.batch);
    let end = this.#sent;
    return numbered.filter(({ messages }) => {
      end += messages;
      return end > this.#written;
    });
  }

  #takeFragment(train: Train, passage: Passage): boolean {
    const { batch, fragments } = train;
    const spans = fragments.length > 1;
    if (train.next === 0 && spans) {
      if (batch.size > passage.room) return false;
      passage.room -= batch.size;
    }
    for (const chunk of fragments[train.next] ?? []) passage.out.push(chunk);
    train.next++;
    if (train.next === fragments.length) {
      if (spans) passage.room += batch.size;
      this.#train = undefined;
      this.#handOver(batch, passage.keeps);
    }
    return true;
  }

  #handOver(batch: Batch, keeps: boolean): void {
    this.#sent += batch.messages;
    if (this.#sent > this.#written) this.#written = this.#sent;
    if (keeps) this.#inFlight.push(batch, this.#sent);
  }
}
