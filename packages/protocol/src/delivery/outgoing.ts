import type { Batch } from "./batch.ts";
import type { Drops } from "./drops.ts";
import type { Flushes } from "./flushes.ts";
import { Lane, type Passage, type Remains } from "./lane.ts";
import { laneCount } from "../limits.ts";

/** The lanes of a session towards the peer, of which each has its turn. */
export class Outgoing {
  readonly #first = new Lane(0);
  #others: (Lane | undefined)[] | undefined;
  #turn = 0;

  /** The lane that everything is on unless its sender says otherwise. */
  get first(): Lane {
    return this.#first;
  }

  /** A lane, made at its first use. */
  lane(index: number): Lane {
    if (index === 0) return this.#first;
    this.#others ??= [];
    return (this.#others[index] ??= this.#open(index));
  }

  /** The lanes in use, with their indexes. */
  *lanes(): Generator<readonly [number, Lane]> {
    yield [0, this.#first];
    for (const [index, lane] of this.#others?.entries() ?? []) {
      if (lane !== undefined) yield [index, lane];
    }
  }

  /** Bytes that wait to be written for the first time. */
  get waitingBytes(): number {
    let bytes = this.#first.waitingBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.waitingBytes ?? 0;
    }
    return bytes;
  }

  /** Bytes of which nothing is written yet. */
  get queuedBytes(): number {
    let bytes = this.#first.queuedBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.queuedBytes ?? 0;
    }
    return bytes;
  }

  /** Those of them that answer the peer. */
  get answerBytes(): number {
    let bytes = this.#first.answerBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.answerBytes ?? 0;
    }
    return bytes;
  }

  /** Bytes written and not acknowledged. */
  get unconfirmedBytes(): number {
    let bytes = this.#first.unconfirmedBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.unconfirmedBytes ?? 0;
    }
    return bytes;
  }

  /** Messages that were written whole, each counted once. */
  get written(): number {
    let written = 0;
    for (const [, lane] of this.lanes()) written += lane.written;
    return written;
  }

  /** True if nothing waits to be written. */
  get idle(): boolean {
    if (!this.#first.idle) return false;
    return this.#others === undefined || this.#others.every((lane) => lane?.idle !== false);
  }

  /** True if all is written that is to leave over this connection. */
  get isThrough(): boolean {
    if (!this.#first.isThrough) return false;
    return this.#others === undefined || this.#others.every((lane) => lane?.isThrough !== false);
  }

  /** True while new events and calls are kept back. */
  get isHeld(): boolean {
    return this.#first.isHeld;
  }

  /** Calls in the queues for new ones that can be withdrawn: while the lanes are held, all that are kept back. */
  get calls(): number {
    let calls = 0;
    for (const [, { queue }] of this.lanes()) calls += queue.calls;
    return calls;
  }

  /** Keep new events and calls back from now on. */
  hold(): void {
    for (const [, lane] of this.lanes()) lane.hold();
  }

  /** Let what was kept back leave. */
  release(): void {
    for (const [, lane] of this.lanes()) lane.release();
  }

  /** Messages that the peer has acknowledged. */
  get acknowledged(): number {
    let acknowledged = 0;
    for (const [, lane] of this.lanes()) acknowledged += lane.acknowledged;
    return acknowledged;
  }

  /** Messages written on this connection, or acknowledged before. */
  get sent(): number {
    let sent = 0;
    for (const [, lane] of this.lanes()) sent += lane.sent;
    return sent;
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    let next = this.#first.nextExpiry;
    if (this.#others !== undefined) {
      for (const lane of this.#others) next = Math.min(next, lane?.nextExpiry ?? Infinity);
    }
    return next;
  }

  /** Drop the events whose time is over. */
  expire(now: number, drops: Drops): void {
    for (const [, lane] of this.lanes()) lane.expire(now, drops);
  }

  /**
   * Drop the oldest events, of one lane before the others, until at most `bytes` are queued or no more can be
   * dropped.
   */
  dropOldest(bytes: number, foremost: number, drops: Drops): void {
    const lanes = [this.lane(foremost), ...Array.from(this.lanes(), ([, lane]) => lane)];
    for (const lane of lanes) {
      const excess = this.queuedBytes - bytes;
      if (excess <= 0) return;
      lane.dropOldest(excess, drops);
    }
  }

  /** Add the next piece of the lane whose turn it is. `flushes` hears of marks. False if nothing may go. */
  take(passage: Passage, flushes: Pick<Flushes, "reach">): boolean {
    const turns = this.#others === undefined ? 1 : laneCount;
    for (let tried = 0; tried < turns; tried++) {
      const index = this.#turn;
      const lane = index === 0 ? this.#first : this.#others?.[index];
      let taken = lane?.take(passage) ?? false;
      while (typeof taken === "object") {
        flushes.reach(taken, index, lane?.sent ?? 0);
        taken = lane?.take(passage) ?? false;
      }
      this.#turn = (index + 1) % turns;
      if (taken) return true;
    }
    return false;
  }

  /**
   * The peer has received so many messages on each lane from 0 on. False, and nothing is changed, if that
   * cannot be.
   */
  acknowledge(counts: readonly number[]): boolean {
    for (const [index, count] of counts.entries()) {
      const { acknowledged = 0, sent = 0 } = this.#find(index) ?? {};
      if (count < acknowledged || count > sent) return false;
    }
    for (const [index, count] of counts.entries()) this.#find(index)?.acknowledge(count);
    return true;
  }

  /** The connection is gone: all that is not acknowledged is to be written again. */
  rewind(): void {
    for (const [, lane] of this.lanes()) lane.rewind();
  }

  /** On a new connection the peer says what it has received. False, and nothing is changed, if that cannot be. */
  resume(counts: readonly number[]): boolean {
    for (const [index, lane] of this.lanes()) {
      if (!lane.couldResume(counts[index] ?? 0)) return false;
    }
    if (counts.some((count, index) => count > 0 && this.#find(index) === undefined)) return false;
    for (const [index, lane] of this.lanes()) lane.resume(counts[index] ?? 0);
    return true;
  }

  /** The peer is known to have received so many; what cannot be is left aside. */
  confirm(counts: readonly number[]): void {
    for (const [index, lane] of this.lanes()) {
      const count = counts[index] ?? 0;
      if (lane.couldResume(count)) lane.resume(count);
    }
  }

  /** The messages that the lanes hold when the session is over: those that may have arrived, and those that did not. */
  remains(): Remains {
    const [unconfirmed, unsent]: [Batch[], Batch[]] = [[], []];
    for (const [index, lane] of this.lanes()) {
      const remains = lane.remains();
      unconfirmed.push(...remains.unconfirmed);
      for (const batch of remains.unsent) {
        unsent.push(index === 0 ? batch : { ...batch, lane: index });
      }
    }
    return { unconfirmed, unsent };
  }

  /** The messages that were never written whole, lane by lane. */
  unwritten(): readonly Batch[] {
    return Array.from(this.lanes(), ([, lane]) => lane.unwritten()).flat();
  }

  /** The messages that were kept back, lane by lane. */
  kept(): readonly Batch[] {
    if (!this.isHeld) return [];
    return Array.from(this.lanes(), ([, { queue }]) => queue.list()).flat();
  }

  /** Forget everything. */
  clear(): void {
    for (const [, lane] of this.lanes()) lane.clear();
  }

  #open(index: number): Lane {
    const lane = new Lane(index);
    if (this.isHeld) lane.hold();
    return lane;
  }

  #find(index: number): Lane | undefined {
    return index === 0 ? this.#first : this.#others?.[index];
  }
}
