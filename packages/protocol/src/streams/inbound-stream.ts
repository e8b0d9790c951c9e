import { encodeWithin, type ErrorRecord } from "../calls/error-record.ts";
import type { ProtocolError } from "../error.ts";
import { invalidMessage } from "../messages/invalid-message.ts";
import type { StreamFailure, StreamReader } from "./stream-carrier.ts";
import type { StreamKind } from "./stream-kind.ts";
import { encodeCredit, encodeStreamCancel } from "./stream-message.ts";

/** What an inbound stream needs of its session. */
export interface InboundStreamOwner {
  /** Bytes of the largest message that the source's side accepts. */
  readonly largest: number;
  /** Send a line to the source's side. */
  say(line: string): void;
  /** Call `wake` of a reader when things are delivered. */
  wake(reader: StreamReader): void;
}

/** Bytes that the streams of a peer may hold together beside what each may alone. */
export interface StreamRoom {
  /** What is left of it; below 0 while each has what it may alone. */
  bytes: number;
}

/** Bytes that a stream may hold however many there are: one message, so that each goes on. */
const ownBytes: number = 64 * 1024;

/** Nobody is going to read these streams. */
export function cancelAll(streams: readonly InboundStream[] = []): void {
  for (const stream of streams) stream.cancel();
}

/** A chunk that came and was not read, and what it takes of the window. */
interface Waiting {
  readonly chunk: unknown;
  readonly cost: number;
}

/**
 * The reading end of a stream. Its source sends nothing until somebody reads, and then never more than the window
 * holds:
 *
 * ```
 *   window = credit that the source has + bytes that came and were not read + what is still to be granted
 *            `------------------------- held -------------------------´
 * ```
 *
 * What is held counts to the room of all streams of the peer, and beyond that each has 64 KiB.
 */
export class InboundStream {
  readonly id: number;
  readonly kind: StreamKind;
  /** Who is woken; set by the carrier. */
  reader: StreamReader | undefined;
  readonly #owner: InboundStreamOwner;
  readonly #window: number;
  readonly #room: StreamRoom;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #credit = 0;
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
    return this.#end === "ended" && this.#waiting.length === 0;
  }

  /** Why the stream is over before its end, once everything that came before was read. */
  get error(): StreamFailure | undefined {
    return typeof this.#end === "object" && this.#waiting.length === 0 ? this.#end : undefined;
  }

  /** The next chunk: a Buffer, or a value. `undefined` if there is none yet, or the stream is over. */
  read(): unknown {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#waitingBytes -= next.cost;
      this.#room.bytes += next.cost;
    }
    this.#hungry = next === undefined;
    this.#grant();
    return next?.chunk;
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
  handleChunk(chunk: unknown, cost: number): void {
    this.#spend(cost);
    if (this.#end !== "none") {
      this.#room.bytes += cost;
      return;
    }
    this.#waiting.push({ chunk, cost });
    this.#waitingBytes += cost;
    this.#wake();
  }

  /** A value has come that cannot be read: the stream fails with it, and its source is stopped. Throws as `handleChunk`. */
  handleUnreadable(error: ProtocolError, cost: number): void {
    this.#spend(cost);
    this.#room.bytes += cost;
    if (this.#end !== "none") return;
    this.#end = error;
    const { name, message, code } = error;
    this.#owner.say(encodeStreamCancel(this.id, { name, message, code }));
    this.#wake();
  }

  /** The source has ended, or failed, or there is no way to it any more. */
  handleEnd(error?: StreamFailure): void {
    this.#room.bytes += this.#credit;
    this.#credit = 0;
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

  #grant(): void {
    if (this.#end !== "none") return;
    const held = this.#credit + this.#waitingBytes;
    const most = Math.max(Math.min(ownBytes, this.#window) - held, this.#room.bytes);
    const free = Math.min(this.#window - held, most);
    // As much at a time as is held, or half a window: the source does not wait for it, and few lines are needed.
    if (free <= 0 || free < held) return;
    this.#credit += free;
    this.#room.bytes -= free;
    this.#owner.say(encodeCredit(this.id, free));
  }

  #wake(): void {
    if (!this.#hungry || this.reader === undefined) return;
    this.#hungry = false;
    this.#owner.wake(this.reader);
  }

  #drop(): void {
    this.#room.bytes += this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hungry = false;
  }
}
