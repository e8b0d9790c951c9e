import { encodeFragments } from "@ipc/framing";
import { asBytes, type Batch, type Chunk } from "./batch.ts";
import { InFlight } from "./in-flight.ts";
import { SendQueue } from "./send-queue.ts";
import { setApart } from "./set-apart.ts";

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

/** What the lanes of a session have in common while they write. */
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

/** What a lane holds when its session is over. */
export interface Remains {
  readonly unconfirmed: readonly Batch[];
  readonly unsent: readonly Batch[];
}

/** One ordered sequence of messages to the peer: those that wait, the one that leaves, those in flight. */
export class Lane {
  /** Where events and calls wait. */
  readonly queue: SendQueue = new SendQueue();
  /** What the next number is given to: another queue only while that one is held. */
  #answers: SendQueue = this.queue;
  readonly #index: number;
  readonly #inFlight = new InFlight();
  /** What has a number and is to be sent again, newest first. */
  #again: Batch[] = [];
  #train: Train | undefined;
  #sent = 0;
  /** The most messages that were ever written whole, on any connection. */
  #written = 0;

  constructor(index: number) {
    this.#index = index;
  }

  /** Where answers and cancellations wait. */
  get answers(): SendQueue {
    return this.#answers;
  }

  /** True while answers alone have numbers. */
  get isHeld(): boolean {
    return this.#answers !== this.queue;
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
    return this.isHeld ? this.queue.bytes + this.#answers.bytes : this.queue.bytes;
  }

  /** Bytes that wait, those of an unfinished message included. */
  get waitingBytes(): number {
    return this.queuedBytes + (this.#train?.batch.size ?? 0);
  }

  /** True if something that has a number is not written whole, or an answer waits that is to have the next one. */
  get isMidway(): boolean {
    if (this.#train !== undefined || this.#again.length > 0) return true;
    return this.isHeld && !this.#answers.empty;
  }

  /** True if nothing waits to be written; of a lane that is held, answers left aside. */
  get idle(): boolean {
    return this.queue.empty && this.#again.length === 0 && this.#train === undefined;
  }

  /**
   * Add the next piece to what is written: a batch, or one fragment of a large one. Answers the mark
   * that was reached instead, if one was, true for a piece, and false if nothing may go.
   */
  take(passage: Passage): boolean | object {
    if (this.#train !== undefined) return this.#takeFragment(this.#train, passage);
    const batch = this.#again.pop() ?? this.#answers.take();
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

  /** Give numbers to answers alone: all else that waits, and comes, stays in the queue. */
  hold(): void {
    if (this.isHeld) return;
    const { answers, held } = setApart(this.queue.takeAll());
    this.#answers = new SendQueue();
    for (const batch of answers) this.#answers.pushOwn(batch);
    for (const batch of held) this.queue.pushOwn(batch);
  }

  /** Give numbers to all again, to the answers that wait first. */
  release(): void {
    if (!this.isHeld) return;
    const batches = [...this.#answers.takeAll(), ...this.queue.takeAll()];
    this.#answers = this.queue;
    for (const batch of batches) this.queue.pushOwn(batch);
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

  /** Tell whether a peer can have received `count` messages: no more than were written, no less than it has acknowledged. */
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

  /** What is not acknowledged, oldest first: messages that may have arrived, and those that surely did not. */
  remains(): Remains {
    this.rewind();
    const again = this.#again.toReversed();
    const unconfirmed = again.slice(0, again.length - this.#begun().length);
    return { unconfirmed, unsent: this.unwritten() };
  }

  /** What was never written whole, on any connection, oldest first. */
  unwritten(): readonly Batch[] {
    const answers = this.isHeld ? this.#answers.list() : [];
    return [...this.#begun(), ...answers, ...this.queue.list()];
  }

  /** Forget everything that waits or is in flight. */
  clear(): void {
    this.queue.clear();
    this.#answers.clear();
    this.#inFlight.clear();
    this.#again = [];
    this.#train = undefined;
  }

  /** What has a number and was never written whole. */
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
