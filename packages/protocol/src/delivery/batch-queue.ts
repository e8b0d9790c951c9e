import { type Batch, type Terms, weightOf, eventNameOf } from "./batch.ts";
import { dropEvents, type Drops } from "./drops.ts";

/** Slots without a batch beyond which the queue is made shorter, if they are the greater part. */
const slack = 64;

/**
 * Batches that wait to be written for the first time, oldest first. Until then they may be withdrawn:
 * because their time is over, because a newer one takes their place, or because they are no longer
 * awaited.
 */
export class BatchQueue {
  #batches: (Batch | undefined)[] = [];
  #head = 0;
  #withdrawn = 0;
  #bytes = 0;
  #answerBytes = 0;
  #nextExpiry = Infinity;
  /** No batch before this slot has an event: answers that a peer does not read are looked through once. */
  #firstWithEvent = 0;
  #keys: Map<string, Batch> | undefined;
  #calls: Map<number, Batch> | undefined;

  /** Bytes that wait, with what each batch takes beside its own. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those of them that answer the peer. */
  get answerBytes(): number {
    return this.#answerBytes;
  }

  /** True if nothing waits, marks included. */
  get empty(): boolean {
    return this.#head === this.#batches.length;
  }

  /** Calls that wait and can be withdrawn. */
  get calls(): number {
    return this.#calls?.size ?? 0;
  }

  /** The instant at which `expire` has something to do; Infinity if never. */
  get nextExpiry(): number {
    return this.#nextExpiry;
  }

  /** Queue a batch. One with a key takes the place of the one that waits under it. */
  push(batch: Batch): void {
    if (batch.terms !== undefined) this.#note(batch, batch.terms);
    this.#batches.push(batch);
    this.#bytes += weightOf(batch);
    this.#answerBytes += batch.answerBytes ?? 0;
  }

  /** Take the oldest batch out; `undefined` if nothing waits. */
  take(): Batch | undefined {
    while (this.#head < this.#batches.length) {
      const batch = this.#batches[this.#head];
      this.#batches[this.#head++] = undefined;
      if (batch === undefined || isWithdrawn(batch)) {
        this.#withdrawn--;
        continue;
      }
      this.#forget(batch);
      this.#shorten();
      return batch;
    }
    this.clear();
    return undefined;
  }

  /** Tell whether a batch waits. */
  holds(batch: Batch): boolean {
    return this.#batches.includes(batch, this.#head);
  }

  /** The size of the batch that waits under a key; `undefined` if none does. */
  sizeUnder(key: string): number | undefined {
    return this.#keys?.get(key)?.size;
  }

  /** Take a call out. False if it does not wait here. */
  withdrawCall(callId: number): boolean {
    const batch = this.#calls?.get(callId);
    if (batch === undefined) return false;
    this.#withdraw(batch);
    this.#shorten();
    return true;
  }

  /** Take a mark out, if it waits here. */
  withdrawMark(mark: object): void {
    const index = this.#batches.findLastIndex((batch) => batch?.mark === mark);
    const batch = this.#batches[index];
    if (batch === undefined) return;
    this.#forget(batch);
    this.#batches[index] = { chunks: [], size: 0, messages: 0 };
    this.#withdrawn++;
    this.#shorten();
  }

  /** Take the events out whose time is over. */
  expire(now: number, drops: Drops): void {
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Infinity;
    for (let index = this.#head; index < this.#batches.length; index++) {
      const batch = this.#batches[index];
      if (batch?.terms === undefined || isWithdrawn(batch)) continue;
      const { expiresAt } = batch.terms;
      if (expiresAt <= now) {
        drops.add(nameOf(batch), "expired");
        this.#withdraw(batch);
      } else if (expiresAt < this.#nextExpiry) {
        this.#nextExpiry = expiresAt;
      }
    }
    this.#shorten();
  }

  /** Drop events, oldest first, until at most `bytes` wait or only calls and replies are left. */
  dropOldest(bytes: number, drops: Drops): void {
    let index = Math.max(this.#head, this.#firstWithEvent);
    for (; index < this.#batches.length && this.#bytes > bytes; index++) {
      const batch = this.#batches[index];
      if (batch === undefined || batch.messages === 0) continue;
      const before = batch.size;
      dropEvents(batch, this.#bytes - bytes, drops);
      this.#bytes -= before - batch.size;
      if (isWithdrawn(batch)) this.#withdraw(batch);
      // The last one may have more.
      else if (this.#bytes <= bytes) break;
    }
    this.#firstWithEvent = index;
    this.#shorten();
  }

  /** The batches that wait, oldest first, marks left aside. */
  list(): Batch[] {
    return this.#rest().filter(({ messages }) => messages > 0);
  }

  /** Forget everything. */
  clear(): void {
    if (this.#batches.length > 0) this.#batches = [];
    this.#head = 0;
    this.#firstWithEvent = 0;
    this.#withdrawn = 0;
    this.#bytes = 0;
    this.#answerBytes = 0;
    this.#nextExpiry = Infinity;
    this.#keys = undefined;
    this.#calls = undefined;
  }

  #note(batch: Batch, { key, callId, expiresAt }: Terms): void {
    if (expiresAt < this.#nextExpiry) this.#nextExpiry = expiresAt;
    if (callId > 0) (this.#calls ??= new Map()).set(callId, batch);
    if (key === undefined) return;
    const older = this.#keys?.get(key);
    if (older !== undefined) this.#withdraw(older);
    (this.#keys ??= new Map()).set(key, batch);
    this.#shorten();
  }

  #withdraw(batch: Batch): void {
    this.#forget(batch);
    batch.cargo?.drop();
    batch.chunks = [];
    batch.size = 0;
    batch.messages = 0;
    this.#withdrawn++;
  }

  #forget(batch: Batch): void {
    this.#bytes -= weightOf(batch);
    this.#answerBytes -= batch.answerBytes ?? 0;
    if (batch.terms === undefined) return;
    const { key, callId } = batch.terms;
    if (callId > 0) this.#calls?.delete(callId);
    if (key !== undefined) this.#keys?.delete(key);
  }

  // A queue whose consumer stands still may be withdrawn from for ever: its slots must not add up.
  #shorten(): void {
    const idle = this.#head + this.#withdrawn;
    if (idle <= slack || idle * 2 <= this.#batches.length) return;
    this.#batches = this.#rest();
    this.#head = 0;
    this.#firstWithEvent = 0;
    this.#withdrawn = 0;
  }

  #rest(): Batch[] {
    const rest = this.#batches.slice(this.#head);
    return rest.flatMap((batch) => (batch === undefined || isWithdrawn(batch) ? [] : [batch]));
  }
}

function isWithdrawn({ messages, mark }: Batch): boolean {
  return messages === 0 && mark === undefined;
}

function nameOf({ chunks: [first] }: Batch): string {
  return (typeof first === "object" && eventNameOf(first)) || "";
}
