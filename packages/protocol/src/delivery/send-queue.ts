import { Buffer } from "node:buffer";
import type { WholeMessage, EncodedEvent } from "../messages/event-encoder.ts";
import { sharedFromBytes } from "../limits.ts";
import { type Batch, batchOverhead, type Cargo, type Terms } from "./batch.ts";
import { BatchQueue } from "./batch-queue.ts";
import type { Drops } from "./drops.ts";

/** Characters of text that are joined before they become bytes: some hundred small events. */
const joinedLength = 32 * 1024;

/** A message as bytes. */
type Sized = Pick<WholeMessage, "chunks" | "frameSize">;

/**
 * The messages of one lane that were accepted and have no number yet: until they are first written
 * they may be dropped, replaced or withdrawn.
 *
 * Lines are joined as text; messages with attachments or terms, and large shared events, are batches
 * of their own. A single shared event stays the bytes that all its sessions share.
 */
export class SendQueue {
  readonly #batches = new BatchQueue();
  #text = "";
  #lines = 0;
  /** UTF-16 units of the text that answer the peer. */
  #textAnswers = 0;
  #shared: EncodedEvent | undefined;

  /** Bytes that wait. Text not yet encoded counts its UTF-16 units, for 32 Ki characters at most. */
  get bytes(): number {
    return this.#batches.bytes + this.#text.length + (this.#shared?.size ?? 0);
  }

  /** Those of them that answer the peer. */
  get answerBytes(): number {
    return this.#batches.answerBytes + this.#textAnswers;
  }

  /** True if nothing waits, marks included. */
  get empty(): boolean {
    return this.#text === "" && this.#shared === undefined && this.#batches.empty;
  }

  /** The instant at which `expire` has something to do; Infinity if never. */
  get nextExpiry(): number {
    return this.#batches.nextExpiry;
  }

  /** Queue one line, LF included; `isAnswer` if the peer has caused it. */
  pushLine(line: string, isAnswer = false): void {
    if (this.#shared !== undefined) this.#unshare();
    if (line.length >= joinedLength) {
      this.#closeText();
      const bytes = Buffer.from(line);
      const size = bytes.length;
      this.#batches.push({ chunks: [bytes], size, messages: 1, answerBytes: isAnswer ? size : 0 });
      return;
    }
    this.#text += line;
    this.#lines++;
    if (isAnswer) this.#textAnswers += line.length;
    if (this.#text.length >= joinedLength) this.#closeText();
  }

  /** Queue an event that other sessions may send too. */
  pushShared(event: EncodedEvent): void {
    if (this.empty) this.#shared = event;
    else this.#pushEvent(event);
  }

  /** Queue a message as a batch of its own. One with a key takes the place of the one that waits under it. */
  pushAlone({ chunks, frameSize: size }: Sized, terms?: Terms, cargo?: Cargo): void {
    this.#close();
    this.#batches.push({ chunks, size, messages: 1, terms, cargo });
  }

  /** Queue a message that the peer has caused, as a batch of its own. */
  pushAnswer({ chunks, frameSize: size }: Sized, cargo?: Cargo): void {
    this.#close();
    const answerBytes = size + batchOverhead;
    this.#batches.push({ chunks, size, messages: 1, cargo, answerBytes });
  }

  /** Queue a mark, which is taken when all before it is. */
  pushMark(mark: object): void {
    this.#close();
    this.#batches.push({ chunks: [], size: 0, messages: 0, mark });
  }

  /** Take a mark out, if it still waits. */
  withdrawMark(mark: object): void {
    this.#batches.withdrawMark(mark);
  }

  /** Queue what waited in another queue, which may still report it as it was. */
  pushBatch(batch: Batch): void {
    this.#close();
    this.#batches.push({ ...batch, lane: undefined, answerBytes: undefined });
  }

  /** Queue a batch that no other queue holds. */
  pushOwn(batch: Batch): void {
    this.#close();
    this.#batches.push(batch);
  }

  /** Tell whether a batch of `pushOwn` still waits. */
  holds(batch: Batch): boolean {
    return this.#batches.holds(batch);
  }

  /** Take the oldest batch out; `undefined` if nothing waits. */
  take(): Batch | undefined {
    return this.#batches.take() ?? this.#takeRest();
  }

  /** Take all batches and marks out, oldest first. */
  takeAll(): Batch[] {
    this.#close();
    const all: Batch[] = [];
    for (let next = this.#batches.take(); next !== undefined; next = this.#batches.take()) {
      all.push(next);
    }
    return all;
  }

  /** Calls that wait and can be withdrawn. */
  get calls(): number {
    return this.#batches.calls;
  }

  /** The size of the event that waits under a key, header included; `undefined` if none does. */
  sizeUnder(key: string): number | undefined {
    return this.#batches.sizeUnder(key);
  }

  /** Take a call out that was not written yet. False if it was, or can no longer be told apart. */
  withdrawCall(callId: number): boolean {
    return this.#batches.withdrawCall(callId);
  }

  /** Take the events out whose time is over. */
  expire(now: number, drops: Drops): void {
    this.#batches.expire(now, drops);
  }

  /** Drop events, oldest first, until at most `bytes` wait or only calls and replies are left. */
  dropOldest(bytes: number, drops: Drops): void {
    const loose = this.bytes - this.#batches.bytes;
    this.#batches.dropOldest(Math.max(0, bytes - loose), drops);
    if (this.bytes <= bytes) return;
    this.#close();
    this.#batches.dropOldest(bytes, drops);
  }

  /** The messages that wait, oldest first. */
  list(): readonly Batch[] {
    this.#close();
    return this.#batches.list();
  }

  /** Forget everything. */
  clear(): void {
    this.#batches.clear();
    this.#forgetText();
    this.#shared = undefined;
  }

  #takeRest(): Batch | undefined {
    if (this.#shared !== undefined) {
      const shared = this.#shared;
      this.#shared = undefined;
      return { chunks: shared.chunks, size: shared.frameSize, messages: 1 };
    }
    if (this.#text === "") return undefined;
    const batch = { chunks: [this.#text], size: this.#text.length, messages: this.#lines };
    this.#forgetText();
    return batch;
  }

  #pushEvent(event: EncodedEvent): void {
    if (this.#shared !== undefined) this.#unshare();
    if (event.attachments.length === 0 && event.size < sharedFromBytes) {
      this.pushLine(event.line);
      return;
    }
    this.#closeText();
    const { chunks, frameSize: size } = event;
    this.#batches.push({ chunks, size, messages: 1 });
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
    this.#batches.push({
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
}
