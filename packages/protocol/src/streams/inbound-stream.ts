import { Buffer } from "node:buffer";
import { encodeWithin, type ErrorRecord, type RemoteError } from "../calls/remote-error.ts";
import { type ProtocolError, invalidMessage } from "../error.ts";
import { Queue } from "../queue.ts";
import { asNotReadable } from "../serialization/encoding-error.ts";
import type { StreamKind } from "./streamable.ts";
import {
  encodeCredit,
  encodeStreamCancel,
  type StreamWord,
  type ValueSource,
} from "./stream-message.ts";
import type { StreamRoom } from "./stream-room.ts";
import { isBytes } from "../realms.ts";

/** Reads a stream that has come. Called while the session delivers; may not throw. */
export interface StreamReader {
  /** After `read` has answered nothing: there is a chunk, or the stream is over. */
  wake(): void;
}

/** Why a stream is over before its end: its source failed in the peer's process, or there is no way to its source. */
export type StreamFailure = ProtocolError | RemoteError;

/** The part of a session that an inbound stream needs. */
export interface InboundStreamOwner {
  /** Bytes of the largest message that the source's side accepts. */
  readonly largest: number;
  /** Send a line to the source's side. */
  say(line: string): void;
  /** Call `wake` of a reader when things are delivered. */
  wake(reader: StreamReader): void;
  /** A value, from its message. Throws what its data may be refused for. */
  decode(source: ValueSource): unknown;
}

/** Cancels streams that will not be read. */
export function cancelAll(streams: readonly InboundStream[] = []): void {
  for (const stream of streams) stream.cancel();
}

/** Bytes below which a chunk is joined with the one before it: each Buffer takes some 200 bytes beside its own. */
const joinedBelowBytes: number = 4 * 1024;

/** Bytes of the memory that small chunks are joined in. */
const blockBytes: number = 16 * 1024;

/** Bytes of the first memory that small chunks are joined in. */
const firstBlockBytes = 512;

/** The bytes of a stream that nothing but its reader refers to. */
interface Rest {
  readonly room: StreamRoom;
  bytes: number;
}

/** Gives the room back that is held by ended streams which the application has forgotten, unread. */
const abandoned = new FinalizationRegistry<Rest>(({ room, bytes }) => room.giveBack(bytes));

/** A chunk that came and was not read, and what it takes of the window. */
interface Waiting {
  chunk: unknown;
  cost: number;
  /** The memory that small chunks are joined in; `chunk` is its beginning. */
  block?: Buffer | undefined;
  /** Of a value that is made when it is read: its message. */
  source?: ValueSource | undefined;
}

/** A chunk of bytes, or a value. */
type ChunkWord = Extract<StreamWord, { kind: "bytes" | "value" }>;

/** Characters of a value's message below which it waits as the value that it is. */
const heldFromLength = 64;

/**
 * A value while it waits. The objects of a value take up to 40 times its text, so that of all but the
 * smallest it is the text that waits, in memory of its own: a part of a string keeps the whole.
 */
function asWaiting({
  chunk,
  cost,
  text,
  attachments,
}: Extract<ChunkWord, { kind: "value" }>): Waiting {
  if (text.length < heldFromLength) return { chunk, cost };
  const copy = Buffer.from(text).toString();
  return { chunk: undefined, cost, source: { text: copy, attachments } };
}

/**
 * The reading end of a stream. Its source sends nothing until it is read, and then never more than the window
 * holds:
 *
 * ```
 *   window = credit that the source has + bytes that came and were not read + what is still to be granted
 *            `------------------------- held -------------------------´
 * ```
 *
 * Bytes that are held count to the room of all streams of the peer, and beyond that each has 64 KiB. Small
 * chunks of bytes are joined as they come, so that a window takes twice its bytes at most however they were
 * cut.
 */
export class InboundStream {
  readonly id: number;
  readonly kind: StreamKind;
  /** The reader that is woken; set by the carrier. */
  reader: StreamReader | undefined;
  readonly #owner: InboundStreamOwner;
  readonly #window: number;
  readonly #room: StreamRoom;
  readonly #waiting = new Queue<Waiting>();
  #waitingBytes = 0;
  #credit = 0;
  /** Bytes that the values that came took beyond the credit. */
  #overdraft = 0;
  /** The bytes held of a stream whose source has ended. */
  #rest: Rest | undefined;
  #hungry = false;
  #end: "none" | "ended" | "cancelled" | StreamFailure = "none";

  constructor(
    id: number,
    kind: StreamKind,
    window: number,
    room: StreamRoom,
    owner: InboundStreamOwner,
  ) {
    this.id = id;
    this.kind = kind;
    this.#window = window;
    this.#room = room;
    this.#owner = owner;
  }

  /** Bytes that came and were not read. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** True once everything was read up to the source's end. */
  get ended(): boolean {
    return this.#end === "ended" && this.#waiting.size === 0;
  }

  /** Why the stream is over before its end, once everything that came before was read. */
  get error(): StreamFailure | undefined {
    return typeof this.#end === "object" && this.#waiting.size === 0 ? this.#end : undefined;
  }

  /** The next chunk: a Buffer, or a value. `undefined` if there is none yet, or the stream is over. */
  read(): unknown {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#waitingBytes -= next.cost;
      this.#release(next.cost);
    }
    this.#hungry = next === undefined;
    this.grant();
    return next?.source === undefined ? next?.chunk : this.#decode(next.source);
  }

  /** Read no more: the source is stopped, and told why if there is an error. Does nothing once the stream is over. */
  cancel(error?: ErrorRecord): void {
    this.#drop();
    if (this.#end !== "none") return;
    this.#end = "cancelled";
    this.#owner.say(
      error === undefined
        ? encodeStreamCancel(this.id)
        : encodeWithin(error, this.#owner.largest, (fitting) =>
            encodeStreamCancel(this.id, fitting),
          ),
    );
  }

  /** A chunk has come. Throws `IPC_INVALID_MESSAGE` for more than was granted. */
  handleChunk(word: ChunkWord): void {
    const { chunk, cost } = word;
    this.#spend(cost);
    if (this.#end !== "none") {
      this.#forgo(cost);
      return;
    }
    if (this.#credit < 0) {
      this.#overdraft = -this.#credit;
      this.#room.overdraw(this.#overdraft);
    }
    if (word.kind === "value") this.#waiting.push(asWaiting(word));
    else if (!this.#join(chunk, cost)) this.#waiting.push({ chunk, cost });
    this.#waitingBytes += cost;
    this.#wake();
  }

  /**
   * A value has come that cannot be read: the stream fails with it, and its source is stopped. Throws as
   * `handleChunk`.
   */
  handleUnreadable(error: ProtocolError, cost: number): void {
    this.#spend(cost);
    this.#forgo(cost);
    if (this.#end !== "none") return;
    this.#end = error;
    const { name, message, code } = error;
    this.#owner.say(encodeStreamCancel(this.id, { name, message, code }));
    this.#wake();
  }

  /**
   * The source has ended, or failed. Throws `IPC_INVALID_MESSAGE` if it has sent more than was granted and not
   * waited until that was read: what is not read would have no bound.
   */
  handleSourceEnd(error?: StreamFailure): void {
    if (this.#overdraft > 0) {
      throw invalidMessage("the end of a stream that has sent more than was granted");
    }
    this.handleEnd(error);
  }

  /** The source has ended, or failed, or there is no longer a way to it. */
  handleEnd(error?: StreamFailure): void {
    this.#repay(this.#overdraft);
    this.#room.giveBack(this.#credit);
    this.#credit = 0;
    this.#room.forget(this);
    if (this.#waitingBytes > 0) {
      this.#rest = { room: this.#room, bytes: this.#waitingBytes };
      abandoned.register(this, this.#rest);
    }
    if (this.#end !== "none") return;
    this.#end = error ?? "ended";
    this.#wake();
  }

  #spend(cost: number): void {
    // Of values the last may take more than was granted: it cannot be cut.
    const within = this.kind === "ByteStream" ? cost <= this.#credit : this.#credit > 0;
    if (!within) throw invalidMessage("more of a stream than its reader has granted");
    this.#credit -= cost;
  }

  /** Let the source send as much as there is room for, if that is worth a line. */
  grant(): void {
    if (this.#end !== "none") return;
    const held = this.#credit + this.#waitingBytes;
    const free = Math.min(this.#window - held, this.#room.freeFor(this.#window, held));
    if (free <= 0 && held <= 0) this.#room.enqueue(this);
    // As much at a time as is held, or half a window: the source does not wait for it, and few lines are needed.
    if (free <= 0 || free < held) return;
    this.#repay(Math.min(free, this.#overdraft));
    this.#credit += free;
    this.#room.take(free);
    this.#owner.say(encodeCredit(this.id, free));
  }

  /**
   * Reads a value again that was one when it came; the stream fails if an application's codec does not read
   * it twice.
   */
  #decode(source: ValueSource): unknown {
    try {
      return this.#owner.decode(source);
    } catch (error) {
      this.cancel();
      this.#end = asNotReadable(error);
      return undefined;
    }
  }

  /** Join a small chunk with the last one that waits. False if it is to wait by itself. */
  #join(chunk: unknown, cost: number): boolean {
    const { last } = this.#waiting;
    if (last === undefined || cost >= joinedBelowBytes || !isBytes(chunk)) return false;
    const filled = last.cost;
    const size = filled + cost;
    if (size > blockBytes || !isBytes(last.chunk)) return false;
    let { block } = last;
    if (block === undefined && filled >= joinedBelowBytes) return false;
    if (block === undefined || size > block.length) {
      block = Buffer.allocUnsafeSlow(Math.min(blockBytes, Math.max(firstBlockBytes, 2 * size)));
      block.set(last.chunk);
      last.block = block;
    }
    block.set(chunk, filled);
    last.chunk = block.subarray(0, size);
    last.cost = size;
    return true;
  }

  /** So many of the bytes that waited are gone. */
  #release(bytes: number): void {
    if (this.#rest !== undefined) this.#rest.bytes = this.#waitingBytes;
    this.#room.giveBack(bytes);
  }

  #repay(bytes: number): void {
    this.#overdraft -= bytes;
    this.#room.repay(bytes);
  }

  #wake(): void {
    if (!this.#hungry || this.reader === undefined) return;
    this.#hungry = false;
    this.#owner.wake(this.reader);
  }

  #drop(): void {
    this.#room.forget(this);
    const bytes = this.#waitingBytes;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#hungry = false;
    this.#repay(this.#overdraft);
    if (this.#rest !== undefined) this.#rest.bytes = 0;
    this.#forgo(bytes);
  }

  /** So many bytes of a stream that is granted nothing more are dropped: what exceeded its credit was never taken. */
  #forgo(bytes: number): void {
    const excess = Math.max(0, -this.#credit);
    this.#credit += excess;
    this.#room.giveBack(bytes - excess);
  }
}
