import { Buffer } from "node:buffer";
import type { EncodedEvent } from "../event-encoder.ts";
import { sharedFromBytes } from "../limits.ts";
import type { Batch, Terms } from "./batch.ts";
import { dropEvents } from "./drop-events.ts";
import type { Drops } from "./drops.ts";

/** Characters of text that are joined before they become bytes: some hundred small events. */
const joinedLength = 32 * 1024;

/**
 * The messages of one lane that were accepted and have no number yet: until they are first written
 * they may be dropped, replaced or withdrawn.
 *
 * Lines are joined as text; messages with attachments or terms, and large shared events, are batches
 * of their own. A single shared event stays the bytes that all its sessions share.
 */
export class SendQueue {
  #text = "";
  #lines = 0;
  #shared: EncodedEvent | undefined;
  #batches: (Batch | undefined)[] = [];
  #head = 0;
  #batchBytes = 0;
  #nextExpiry = Infinity;
  #keys: Map<string, Batch> | undefined;

  /** Bytes that wait. Text not yet encoded counts its UTF-16 units, for 32 Ki characters at most. */
  get bytes(): number {
    return this.#batchBytes + this.#text.length + (this.#shared?.size ?? 0);
  }

  /** True if nothing waits, marks included. */
  get empty(): boolean {
    return (
      this.#text === "" && this.#shared === undefined && this.#head === this.#batches.length
    );
  }

  /** The instant at which `expire` has something to do; Infinity if never. */
  get nextExpiry(): number {
    return this.#nextExpiry;
  }

  /** Queue one line, LF included. */
  pushLine(line: string): void {
    if (this.#shared !== undefined) this.#unshare();
    if (line.length >= joinedLength) {
      this.#closeText();
      const bytes = Buffer.from(line);
      this.#push({ chunks: [bytes], size: bytes.length, messages: 1 });
      return;
    }
    this.#text += line;
    this.#lines++;
    if (this.#text.length >= joinedLength) this.#closeText();
  }

  /** Queue an event that other sessions may send too. */
  pushShared(event: EncodedEvent): void {
    if (this.empty) this.#shared = event;
    else this.#pushEvent(event, undefined);
  }

  /** Queue a message as a batch of its own. One with a key replaces the one that waits under it. */
  pushAlone(event: EncodedEvent, terms?: Terms): void {
    const key = terms?.key;
    const waiting = key === undefined ? undefined : this.#keys?.get(key);
    if (waiting !== undefined && waiting.messages > 0) this.#withdraw(waiting);
    const batch = { chunks: event.chunks, size: event.frameSize, messages: 1, terms };
    this.#close();
    this.#push(batch);
    if (terms === undefined) return;
    if (terms.expiresAt < this.#nextExpiry) this.#nextExpiry = terms.expiresAt;
    if (key === undefined) return;
    this.#keys ??= new Map();
    this.#keys.set(key, batch);
  }

  /** Queue a mark, which is taken when all before it is. */
  pushMark(mark: object): void {
    this.#close();
    this.#push({ chunks: [], size: 0, messages: 0, mark });
  }

  /** Queue what waited in another queue. */
  pushBatch(batch: Batch): void {
    this.#close();
    this.#push(batch);
  }

  /** Take the oldest batch out; `undefined` if nothing waits. */
  take(): Batch | undefined {
    while (this.#head < this.#batches.length) {
      const batch = this.#batches[this.#head];
      this.#batches[this.#head++] = undefined;
      if (batch === undefined) continue;
      this.#forget(batch);
      if (batch.messages > 0 || batch.mark !== undefined) return batch;
    }
    if (this.#head > 0) this.#compact();
    return this.#takeRest();
  }

  /** Take a call out that was not written yet. False if it was, or cannot be told apart any more. */
  withdrawCall(callId: number): boolean {
    for (let index = this.#head; index < this.#batches.length; index++) {
      const batch = this.#batches[index];
      if (batch?.terms?.callId !== callId || batch.messages === 0) continue;
      this.#withdraw(batch);
      return true;
    }
    return false;
  }

  /** Take the events out whose time is over. */
  expire(now: number, drops: Drops): void {
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Infinity;
    for (let index = this.#head; index < this.#batches.length; index++) {
      const batch = this.#batches[index];
      if (batch?.terms === undefined || batch.messages === 0) continue;
      const { event, expiresAt } = batch.terms;
      if (expiresAt <= now) {
        this.#withdraw(batch);
        drops.add(event, "expired");
      } else if (expiresAt < this.#nextExpiry) {
        this.#nextExpiry = expiresAt;
      }
    }
  }

  /** Drop events, oldest first, until at most `bytes` wait or only calls and replies are left. */
  dropOldest(bytes: number, drops: Drops): void {
    if (this.bytes <= bytes) return;
    this.#close();
    for (let index = this.#head; index < this.#batches.length && this.bytes > bytes; index++) {
      const batch = this.#batches[index];
      if (batch === undefined || batch.messages === 0) continue;
      const before = batch.size;
      dropEvents(batch, this.bytes - bytes, drops);
      this.#batchBytes -= before - batch.size;
    }
  }

  /** The batches that wait, oldest first. */
  batches(): readonly Batch[] {
    this.#close();
    return this.#batches.slice(this.#head).filter((batch) => batch !== undefined);
  }

  /** Forget everything. */
  clear(): void {
    this.#text = "";
    this.#lines = 0;
    this.#shared = undefined;
    this.#batches = [];
    this.#head = 0;
    this.#batchBytes = 0;
    this.#nextExpiry = Infinity;
    this.#keys = undefined;
  }

  #takeRest(): Batch | undefined {
    if (this.#shared !== undefined) {
      const shared = this.#shared;
      this.#shared = undefined;
      return { chunks: shared.chunks, size: shared.frameSize, messages: 1, shared };
    }
    if (this.#text === "") return undefined;
    const batch = { chunks: [this.#text], size: this.#text.length, messages: this.#lines };
    this.#text = "";
    this.#lines = 0;
    return batch;
  }

  #pushEvent(event: EncodedEvent, terms: Terms | undefined): void {
    if (this.#shared !== undefined) this.#unshare();
    if (event.attachments.length === 0 && event.size < sharedFromBytes) {
      this.pushLine(event.line);
      return;
    }
    this.#closeText();
    const { chunks, frameSize: size } = event;
    this.#push({ chunks, size, messages: 1, terms, shared: event });
  }

  #unshare(): void {
    const event = this.#shared;
    this.#shared = undefined;
    if (event !== undefined) this.#pushEvent(event, undefined);
  }

  #close(): void {
    if (this.#shared !== undefined) this.#unshare();
    this.#closeText();
  }

  #closeText(): void {
    if (this.#text === "") return;
    const bytes = Buffer.from(this.#text);
    this.#push({ chunks: [bytes], size: bytes.length, messages: this.#lines });
    this.#text = "";
    this.#lines = 0;
  }

  #push(batch: Batch): void {
    this.#batches.push(batch);
    this.#batchBytes += batch.size;
  }

  #withdraw(batch: Batch): void {
    this.#forget(batch);
    batch.chunks = [];
    batch.size = 0;
    batch.messages = 0;
  }

  #forget(batch: Batch): void {
    this.#batchBytes -= batch.size;
    const key = batch.terms?.key;
    if (key !== undefined && this.#keys?.get(key) === batch) this.#keys.delete(key);
  }

  #compact(): void {
    this.#batches = [];
    this.#head = 0;
    this.#nextExpiry = Infinity;
  }
}
