import { Buffer } from "node:buffer";
import { encodeFrame } from "@ipc/framing";
import type { ProtocolError } from "../error.ts";
import { isBytes } from "../realms.ts";
import type { Batch } from "../outbox/batch.ts";
import { encodeWithin, type ErrorRecord } from "../calls/remote-error.ts";
import type { EncodedMessage } from "../wire/message-encoder.ts";
import { Queue } from "../queue.ts";
import type { StreamKind } from "./streamable.ts";
import {
  bytesText,
  encodeStreamEnd,
  encodeStreamError,
  maxCredit,
  valueCost,
} from "./stream-message.ts";

/** Bytes of a stream in one message at most, so that everything else goes between. */
const chunkBytes: number = 64 * 1024;

/** Bytes of a source that are kept ready, so that it is read while the last chunk leaves; of values what they cost. */
const readyBytes: number = 64 * 1024;

/** Reads a source that was sent. Called while the session delivers; neither method may throw. */
export interface StreamSource {
  /**
   * The stream wants chunks: answer with `push`, as long as that answers true, or with `end` or `fail` of the
   * stream, now or later.
   */
  pull(): void;
  /** The stream is over before its source is: stop the source. */
  stop(error: ProtocolError): void;
}

/** The part of a session that an outbound stream needs. */
export interface OutboundStreamOwner {
  /** The stream has something to send. */
  queue(stream: OutboundStream): void;
  /** Call `pull` of a source when things are delivered. */
  pull(source: StreamSource): void;
  /** The message of a value. Throws what `MessageEncoder.streamLine` throws. */
  encode(id: number, value: unknown): EncodedMessage;
  /** Bytes of the largest message that the reader's side accepts. */
  readonly largest: number;
  /**
   * Tell whether the next value may exceed its credit by so many bytes; if so, it does. Else `queue` it again
   * later.
   */
  overdraw(stream: OutboundStream, bytes: number): boolean;
  /** So many bytes of that were granted, or are not read. */
  repay(bytes: number): void;
  /** The stream has sent its end. */
  forget(stream: OutboundStream): void;
}

/**
 * The sending end of a stream. Its source is read when the reader has granted credit, and a chunk leaves when the
 * connection has nothing else to do.
 */
export class OutboundStream {
  readonly id: number;
  readonly kind: StreamKind;
  readonly #owner: OutboundStreamOwner;
  #source: StreamSource | undefined;
  #credit = 0;
  readonly #ready = new Queue<Uint8Array | EncodedMessage>();
  #readyBytes = 0;
  /** True while the source is asked for a chunk. */
  #asked = false;
  /** The line that ends the stream, once it is known. */
  #last: string | undefined;
  /** True once the reader has stopped, or the session is over. */
  #stopped = false;

  constructor(id: number, kind: StreamKind, owner: OutboundStreamOwner) {
    this.id = id;
    this.kind = kind;
    this.#owner = owner;
  }

  /** Bytes that the source has given and that have not left; of values what they cost. */
  get readyBytes(): number {
    return this.#readyBytes;
  }

  /** Let a source be read for it. */
  begin(source: StreamSource): void {
    if (this.#last === undefined) this.#source = source;
  }

  /**
   * The source's next chunk, bytes or a value; bytes must not be changed from now on. Throws what a value
   * cannot be encoded for, or the peer's limits forbid: the source should be stopped then, and `fail` told
   * why. True if the next chunk may follow at once; else `pull` asks for it.
   */
  push(chunk: unknown): boolean {
    if (this.#last !== undefined) return false;
    const ready = isBytes(chunk) && this.kind === "ByteStream" ? chunk : undefined;
    const message = ready ?? this.#owner.encode(this.id, chunk);
    const size = isBytes(message) ? message.byteLength : costOf(message);
    if (size > 0) this.#ready.push(message);
    this.#readyBytes += size;
    this.#asked = this.#wants;
    this.#queue();
    return this.#asked;
  }

  /** The source has ended. */
  end(): void {
    this.#finish(encodeStreamEnd(this.id));
  }

  /** The source has failed: what it gave and has not left never will. */
  fail(error: ErrorRecord): void {
    if (this.#last !== undefined) return;
    this.#ready.clear();
    this.#readyBytes = 0;
    this.#finish(
      encodeWithin(error, this.#owner.largest, (fitting) => encodeStreamError(this.id, fitting)),
    );
  }

  /** The reader grants so many bytes more. False if that is more credit than a stream may have. */
  grant(bytes: number): boolean {
    if (this.#credit + bytes > maxCredit) return false;
    if (this.#credit < 0 && !this.#stopped) this.#owner.repay(Math.min(bytes, -this.#credit));
    this.#credit += bytes;
    this.#ask();
    this.#queue();
    return true;
  }

  /** The reader wants no more, or there is none: answer the source that is to be stopped. */
  stop(): StreamSource | undefined {
    const source = this.#source;
    if (this.#credit < 0 && !this.#stopped) this.#owner.repay(-this.#credit);
    this.#stopped = true;
    this.#source = undefined;
    this.#ready.clear();
    this.#readyBytes = 0;
    if (this.#last === undefined) this.#finish(encodeStreamEnd(this.id));
    else this.#queue();
    return source;
  }

  /** The next message, if there is one that may go. */
  take(): Batch | undefined {
    const next = this.#ready.first;
    if (next === undefined) return this.#mayEnd ? this.#takeLast() : undefined;
    if (this.#credit <= 0 || !this.#mayExceed(next)) return undefined;
    const batch = isBytes(next) ? this.#takeBytes(next) : this.#takeValue(next);
    this.#ask();
    this.#queue();
    return batch;
  }

  #takeBytes(next: Uint8Array): Batch {
    const text = bytesText(this.id);
    const most = Math.min(this.#credit, chunkBytes, this.#owner.largest - text.length);
    const size = Math.min(next.length, most);
    if (size === next.length) this.#ready.shift();
    else this.#ready.replaceFirst(next.subarray(size));
    this.#spend(size);
    const chunks = encodeFrame(text, [next.subarray(0, size)]);
    const header = chunks[0]?.byteLength ?? 0;
    return { chunks, size: header + size, messages: 1 };
  }

  #takeValue(next: EncodedMessage): Batch {
    this.#ready.shift();
    this.#spend(costOf(next));
    return { chunks: next.chunks, size: next.frameSize, messages: 1 };
  }

  #takeLast(): Batch | undefined {
    if (this.#last === undefined) return undefined;
    this.#owner.forget(this);
    const bytes = Buffer.from(this.#last);
    return { chunks: [bytes], size: bytes.length, messages: 1 };
  }

  #spend(cost: number): void {
    this.#credit -= cost;
    this.#readyBytes -= cost;
  }

  #finish(line: string): void {
    if (this.#last !== undefined) return;
    this.#last = line;
    this.#source = undefined;
    this.#queue();
  }

  #ask(): void {
    if (this.#asked || this.#source === undefined || !this.#wants) return;
    this.#asked = true;
    this.#owner.pull(this.#source);
  }

  /** True if a chunk of the source would find a place, and may be read soon. */
  get #wants(): boolean {
    return this.#credit > 0 && this.#readyBytes < readyBytes;
  }

  /** True unless the reader holds more than it has granted: then the end waits until that is read. */
  get #mayEnd(): boolean {
    return this.#credit >= 0 || this.#stopped;
  }

  /** Tell whether the next message may take what it exceeds the credit by. */
  #mayExceed(next: Uint8Array | EncodedMessage): boolean {
    if (isBytes(next)) return true;
    const excess = costOf(next) - this.#credit;
    return excess <= 0 || this.#owner.overdraw(this, excess);
  }

  /** Have a turn, if there is something that may go. */
  #queue(): void {
    const mayGo =
      this.#ready.size > 0 ? this.#credit > 0 : this.#last !== undefined && this.#mayEnd;
    if (mayGo) this.#owner.queue(this);
  }
}

/** The cost of a value, of its stream's credit. */
function costOf({ size, attachments }: EncodedMessage): number {
  return valueCost(size, attachments.length);
}
