import { Buffer } from "node:buffer";
import { sharedFromBytes } from "../limits.ts";
import type { EncodedMessage, WholeMessage } from "../wire/message-encoder.ts";
import {
  type Batch,
  batchOverhead,
  type Cargo,
  lastOf,
  messagesIn,
  type Terms,
  weightOf,
} from "./batch.ts";
import { type Drops, dropEvents } from "./drops.ts";

/** Characters of text that are joined before they become bytes: some hundred small events. */
const joinedLength = 32 * 1024;

/** Slots without a batch beyond which the queue is made shorter, if they are the greater part. */
const slack = 64;

/** A message as bytes. */
type Sized = Pick<WholeMessage, "chunks" | "frameSize">;

/** The messages that are left when the session is over. */
export interface Remains {
  /** Those that were written and not acknowledged: they may have arrived. */
  readonly unconfirmed: readonly Batch[];
  /** Those that were never written. */
  readonly unsent: readonly Batch[];
}

/**
 * The messages of a session from `emit` to the acknowledgement, in the order in which they leave:
 *
 * ```
 *    acknowledged │ in flight │ to be written again │ waiting          │ text
 *                 └ head      └ next                └ firstWaiting      └ not yet a batch
 * ```
 *
 * A message has its number from the first time that it is written. What waits has none: it may be dropped,
 * replaced or withdrawn. When the connection is gone, `next` goes back to `head`.
 *
 * Lines are joined as text; messages with attachments or terms, and large shared events, are batches of their
 * own. A single shared event stays the bytes that all its sessions share.
 */
export class SendQueue {
  #batches: (Batch | undefined)[] = [];
  /** The number of the last message up to each slot, of the slots before `#firstWaiting`. */
  #ends: number[] = [];
  #head = 0;
  #next = 0;
  #firstWaiting = 0;
  /** Messages acknowledged; written on this connection or acknowledged before; ever written. */
  #acknowledged = 0;
  #sent = 0;
  #written = 0;
  /** Bytes written on this connection and not acknowledged, with what each batch takes beside its own. */
  unconfirmedBytes = 0;
  /** Bytes of the batches that wait, and how many of these were withdrawn. */
  #waitingBytes = 0;
  #withdrawn = 0;
  #answerBytes = 0;
  /** The instant at which `expire` has something to do; Infinity if never. */
  nextExpiry: number = Infinity;
  /** No batch before this slot has an event: answers that a peer does not read are looked through once. */
  #firstWithEvent = 0;
  #keys: Map<string, Batch> | undefined;
  #calls: Map<number, Batch> | undefined;
  #text = "";
  #lines = 0;
  /** UTF-16 units of the text that answer the peer. */
  #textAnswers = 0;
  #shared: EncodedMessage | undefined;

  /** Bytes that wait. Text not yet encoded counts its UTF-16 units, for 32 Ki characters at most. */
  get waitingBytes(): number {
    return this.#waitingBytes + this.#text.length + (this.#shared?.size ?? 0);
  }

  /** Those of them that answer the peer. */
  get answerBytes(): number {
    return this.#answerBytes + this.#textAnswers;
  }

  /** Messages that the peer has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Messages that were written on this connection or acknowledged before. */
  get sent(): number {
    return this.#sent;
  }

  /** Messages that were ever written, each counted once. */
  get written(): number {
    return this.#written;
  }

  /** Calls that wait and can be withdrawn. */
  get calls(): number {
    return this.#calls?.size ?? 0;
  }

  /** True if nothing waits and nothing is to be written again. */
  get isThrough(): boolean {
    return this.#next === this.#batches.length && this.#text === "" && this.#shared === undefined;
  }

  /** Queue one line, LF included; `isAnswer` if the peer has caused it. */
  pushLine(line: string, isAnswer = false): void {
    if (this.#shared !== undefined) this.#unshare();
    if (line.length >= joinedLength) {
      this.#closeText();
      const bytes = Buffer.from(line);
      const size = bytes.length;
      this.#push({ chunks: [bytes], size, messages: 1, answerBytes: isAnswer ? size : 0 });
      return;
    }
    this.#text += line;
    this.#lines++;
    if (isAnswer) this.#textAnswers += line.length;
    if (this.#text.length >= joinedLength) this.#closeText();
  }

  /** Queue an event that other sessions may send too. */
  pushShared(event: EncodedMessage): void {
    if (this.#text === "" && this.#shared === undefined && this.#next === this.#batches.length) {
      this.#shared = event;
    } else this.#pushEvent(event);
  }

  /** Queue a message as a batch of its own. One with a key takes the place of the one that waits under it. */
  pushAlone({ chunks, frameSize: size }: Sized, terms?: Terms, cargo?: Cargo): void {
    this.#close();
    this.#push({ chunks, size, messages: 1, terms, cargo });
  }

  /** Queue a message that the peer has caused, as a batch of its own. */
  pushAnswer({ chunks, frameSize: size }: Sized, cargo?: Cargo): void {
    this.#close();
    this.#push({ chunks, size, messages: 1, cargo, answerBytes: size + batchOverhead });
  }

  /** Queue a mark, which `take` answers when all before it is written. */
  pushMark(mark: object): void {
    this.#close();
    this.#push({ chunks: [], size: 0, messages: 0, mark });
  }

  /** Queue a batch that no other queue holds. */
  pushBatch(batch: Batch): void {
    this.#close();
    this.#push(batch);
  }

  /**
   * Take the next batch to be written, or the next mark that is reached; `undefined` if there is none. With
   * `keeps` it is kept until it is acknowledged.
   */
  take(keeps: boolean): Batch | undefined {
    if (this.isThrough) return undefined;
    while (this.#next < this.#firstWaiting) {
      const again = this.#batches[this.#next++];
      if (again !== undefined) return this.#count(again);
    }
    const isQueued = this.#firstWaiting < this.#batches.length;
    const batch = (isQueued ? this.#takeWaiting() : undefined) ?? this.#takeRest();
    if (batch === undefined || batch.mark !== undefined) return batch;
    this.#count(batch);
    this.#written = this.#sent;
    if (!keeps) {
      this.unconfirmedBytes = 0;
      this.acknowledge(this.#sent);
      return batch;
    }
    this.#batches[this.#next - 1] = batch;
    this.#ends[this.#next - 1] = this.#sent;
    return batch;
  }

  /** The peer has received `count` messages: forget the batches that it has whole. */
  acknowledge(count: number): void {
    this.#acknowledged = count;
    let head = this.#head;
    for (; head < this.#next && (this.#ends[head] ?? 0) <= count; head++) {
      const batch = this.#batches[head];
      if (batch !== undefined) this.unconfirmedBytes -= weightOf(batch);
      this.#batches[head] = undefined;
    }
    this.#head = head;
    if (head === this.#batches.length) this.#reset();
    else this.#shorten();
  }

  /** Tell whether a peer can have received `count` messages: no more than were written, no less than it has said. */
  couldResume(count: number): boolean {
    return count >= this.#acknowledged && count <= this.#written;
  }

  /** The connection is gone, or the peer of another one has received `count`: the rest is to be written again. */
  rewind(count: number = this.#acknowledged): void {
    this.#next = this.#firstWaiting;
    this.acknowledge(count);
    const first = this.#batches[this.#head];
    if (this.#head < this.#firstWaiting && first !== undefined) {
      const left = (this.#ends[this.#head] ?? 0) - count;
      if (left < first.messages) this.#batches[this.#head] = lastOf(first, left);
    }
    this.#next = this.#head;
    this.#sent = count;
    this.unconfirmedBytes = 0;
  }

  /** The size of the event that waits under a key, header included; `undefined` if none does. */
  sizeUnder(key: string): number | undefined {
    return this.#keys?.get(key)?.size;
  }

  /** Take a call out that was not written yet. False if it was, or can no longer be told apart. */
  withdrawCall(callId: number): boolean {
    const batch = this.#calls?.get(callId);
    if (batch === undefined) return false;
    this.#withdraw(batch);
    this.#shorten();
    return true;
  }

  /** Take a mark out, if it still waits. */
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
  expire(now: number, drops: () => Drops): void {
    if (now < this.nextExpiry) return;
    this.nextExpiry = Infinity;
    for (let index = this.#firstWaiting; index < this.#batches.length; index++) {
      const batch = this.#batches[index];
      if (batch?.terms === undefined || isWithdrawn(batch)) continue;
      const { expiresAt } = batch.terms;
      if (expiresAt <= now) {
        for (const { name } of messagesIn(batch)) drops().add(name, "expired");
        this.#withdraw(batch);
      } else if (expiresAt < this.nextExpiry) {
        this.nextExpiry = expiresAt;
      }
    }
    this.#shorten();
  }

  /** Drop events, oldest first, until at most `bytes` wait or only calls and replies are left. */
  dropOldest(bytes: number, drops: Drops): void {
    if (this.waitingBytes <= bytes) return;
    const loose = this.waitingBytes - this.#waitingBytes;
    this.#dropBatches(Math.max(0, bytes - loose), drops);
    if (this.waitingBytes <= bytes) return;
    this.#close();
    this.#dropBatches(bytes, drops);
  }

  /** The messages that wait, oldest first; marks are left aside. */
  waiting(): readonly Batch[] {
    this.#close();
    const waiting = this.#batches.slice(this.#firstWaiting);
    return waiting.flatMap((batch) => (batch === undefined || batch.messages === 0 ? [] : [batch]));
  }

  /** Take all that waits out, marks included, oldest first. */
  takeAll(): readonly Batch[] {
    this.#close();
    const all: Batch[] = [];
    for (let next = this.#takeWaiting(); next !== undefined; next = this.#takeWaiting()) {
      all.push(next);
    }
    this.#reset();
    return all;
  }

  /** The messages that are not acknowledged when the session is over. */
  remains(): Remains {
    this.rewind();
    const written = this.#batches.slice(this.#head, this.#firstWaiting);
    const unconfirmed = written.flatMap((batch) => (batch === undefined ? [] : [batch]));
    return { unconfirmed, unsent: this.waiting() };
  }

  /** Forget everything but the counts. */
  clear(): void {
    this.#reset();
    this.unconfirmedBytes = 0;
    this.#waitingBytes = 0;
    this.#answerBytes = 0;
    this.nextExpiry = Infinity;
    this.#keys = undefined;
    this.#calls = undefined;
    this.#forgetText();
    this.#shared = undefined;
  }

  #push(batch: Batch): void {
    if (batch.terms !== undefined) this.#note(batch, batch.terms);
    this.#batches.push(batch);
    this.#waitingBytes += weightOf(batch);
    this.#answerBytes += batch.answerBytes ?? 0;
  }

  /** The oldest batch or mark that waits, whose slot is the last one before those that do not. */
  #takeWaiting(): Batch | undefined {
    while (this.#firstWaiting < this.#batches.length) {
      const batch = this.#batches[this.#firstWaiting];
      this.#batches[this.#firstWaiting] = undefined;
      this.#ends[this.#firstWaiting] = this.#written;
      this.#next = ++this.#firstWaiting;
      if (batch === undefined || isWithdrawn(batch)) {
        this.#withdrawn--;
        continue;
      }
      this.#forget(batch);
      return batch;
    }
    return undefined;
  }

  /** The shared event or the text that waits, in a slot of its own. */
  #takeRest(): Batch | undefined {
    let batch: Batch;
    if (this.#shared !== undefined) {
      ({ batch } = this.#shared);
      this.#shared = undefined;
    } else if (this.#text !== "") {
      batch = { chunks: [this.#text], size: this.#text.length, messages: this.#lines };
      this.#forgetText();
    } else {
      return undefined;
    }
    this.#batches.push(undefined);
    this.#ends.push(this.#written);
    this.#next = ++this.#firstWaiting;
    return batch;
  }

  #count(batch: Batch): Batch {
    this.#sent += batch.messages;
    this.unconfirmedBytes += weightOf(batch);
    return batch;
  }

  #dropBatches(bytes: number, drops: Drops): void {
    let index = Math.max(this.#firstWaiting, this.#firstWithEvent);
    for (; index < this.#batches.length && this.#waitingBytes > bytes; index++) {
      const batch = this.#batches[index];
      if (batch === undefined || batch.messages === 0) continue;
      const before = batch.size;
      dropEvents(batch, this.#waitingBytes - bytes, drops);
      this.#waitingBytes -= before - batch.size;
      if (isWithdrawn(batch)) this.#withdraw(batch);
      // The last one may have more.
      else if (this.#waitingBytes <= bytes) break;
    }
    this.#firstWithEvent = index;
    this.#shorten();
  }

  #note(batch: Batch, { key, callId, expiresAt }: Terms): void {
    if (expiresAt < this.nextExpiry) this.nextExpiry = expiresAt;
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
    this.#waitingBytes -= weightOf(batch);
    this.#answerBytes -= batch.answerBytes ?? 0;
    if (batch.terms === undefined) return;
    const { key, callId } = batch.terms;
    if (callId > 0) this.#calls?.delete(callId);
    if (key !== undefined && this.#keys?.get(key) === batch) this.#keys.delete(key);
  }

  #pushEvent(event: EncodedMessage): void {
    if (this.#shared !== undefined) this.#unshare();
    if (event.attachments.length === 0 && event.size < sharedFromBytes) {
      this.pushLine(event.line);
      return;
    }
    this.#closeText();
    const { chunks, frameSize: size } = event;
    this.#push({ chunks, size, messages: 1 });
  }

  #unshare(): void {
    const event = this.#shared;
    this.#shared = undefined;
    if (event !== undefined) this.#pushEvent(event);
  }

  #close(): void {
    if (this.#shared !== undefined) this.#unshare();
    this.#closeText();
  }

  #closeText(): void {
    if (this.#text === "") return;
    const bytes = Buffer.from(this.#text);
    this.#push({
      chunks: [bytes],
      size: bytes.length,
      messages: this.#lines,
      answerBytes: this.#textAnswers,
    });
    this.#forgetText();
  }

  #forgetText(): void {
    this.#text = "";
    this.#lines = 0;
    this.#textAnswers = 0;
  }

  // Slots whose consumer stands still may be withdrawn from for ever: they must not add up.
  #shorten(): void {
    const idle = this.#head + this.#withdrawn;
    if (idle <= slack || idle * 2 <= this.#batches.length) return;
    const waiting = this.#batches.slice(this.#firstWaiting);
    const kept = waiting.filter((batch) => batch !== undefined && !isWithdrawn(batch));
    const skipped = this.#head;
    this.#batches = this.#batches.slice(skipped, this.#firstWaiting).concat(kept);
    this.#ends = this.#ends.slice(skipped);
    this.#head = 0;
    this.#next -= skipped;
    this.#firstWaiting -= skipped;
    this.#firstWithEvent = 0;
    this.#withdrawn = 0;
  }

  #reset(): void {
    if (this.#batches.length > 0) {
      this.#batches = [];
      this.#ends = [];
    }
    this.#head = 0;
    this.#next = 0;
    this.#firstWaiting = 0;
    this.#firstWithEvent = 0;
    this.#withdrawn = 0;
  }
}

function isWithdrawn({ messages, mark }: Batch): boolean {
  return messages === 0 && mark === undefined;
}
