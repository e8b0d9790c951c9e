import { Buffer } from "node:buffer";

/** Bytes as they leave: text that is not encoded yet, or memory. */
export type Chunk = string | Uint8Array;

/** The content of one write: one chunk, or several in order; "" for nothing. */
export type Content = Chunk | Chunk[];

/** Content with more behind it. Lines alone stay one text. */
export function joined(content: Content, more: Content): Content {
  if (content === "") return more;
  if (typeof content === "string" && typeof more === "string") return content + more;
  if (!Array.isArray(content)) return [content].concat(more);
  if (Array.isArray(more)) return content.concat(more);
  content.push(more);
  return content;
}

/** The terms of a message, which hold only until it is first written. */
export interface Terms {
  /** The instant from which on the event is no longer to be sent; Infinity for never. */
  readonly expiresAt: number;
  /** A newer event of the same key takes the place of this one. */
  readonly key: string | undefined;
  /** The call that this is, 0 for none: a call that was given up is not sent. */
  readonly callId: number;
}

/** The streams of a message. */
export interface Cargo {
  /** The message was withdrawn before it left. */
  drop(): void;
}

/**
 * Messages that leave together: a run of lines, or one message in several chunks. A batch that was withdrawn
 * before it left has no messages.
 */
export interface Batch {
  // Changed only while the batch waits: one that is in flight may be shared by several sessions.
  chunks: readonly Chunk[];
  /** Bytes; of text not encoded yet its UTF-16 units. */
  size: number;
  /** Numbered messages in it. More than one are lines, and no chunk ends within one. */
  messages: number;
  /** Set while it may still be withdrawn. */
  readonly terms?: Terms | undefined;
  /** The streams that are dropped if the message is withdrawn; they mean nothing in another session. */
  readonly cargo?: Cargo | undefined;
  /** A flush that waits for the acknowledgement of all that goes before; such a batch has no messages. */
  readonly mark?: object | undefined;
  /** Bytes of it that answer the peer; none if left out. */
  readonly answerBytes?: number | undefined;
}

/**
 * Bytes that a batch takes beside its own: a bound of these alone would let thousands of small messages
 * through.
 */
export const batchOverhead = 128;

/** Bytes that a batch counts to a bound. */
export function weightOf(batch: Batch): number {
  return batch.size + batchOverhead;
}

/** A chunk as memory. */
export function asBytes(chunk: Chunk): Buffer {
  return typeof chunk === "string"
    ? Buffer.from(chunk)
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

const lineFeed = 0x0a;
const star = 0x2a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const leftBracket = 0x5b;
const backslash = 0x5c;

/** One message of a batch of this side, read off its first bytes. */
export class BatchMessage {
  /** An event, a call, or what belongs to a call or stream: a reply, a cancellation, a chunk. */
  readonly kind: "event" | "call" | "other";
  /** The message's line, LF included; of one with attachments the header and the line. */
  readonly bytes: Buffer;
  /** Bytes of the whole message. */
  readonly size: number;
  readonly #start: number;

  constructor(bytes: Buffer, size: number) {
    this.bytes = bytes;
    this.size = size;
    const start = bytes[0] === star ? bytes.indexOf(space) + 1 : 0;
    this.#start = start;
    if (bytes[start] !== leftBracket) this.kind = "other";
    else this.kind = bytes[start + 1] === quote ? "event" : "call";
  }

  /** The name of an event; empty for any other message. */
  get name(): string {
    if (this.kind !== "event") return "";
    const start = this.#start + 1;
    let end = start + 1;
    while (end < this.bytes.length && this.bytes[end] !== quote) {
      end += this.bytes[end] === backslash ? 2 : 1;
    }
    return String(JSON.parse(this.bytes.toString("utf8", start, end + 1)));
  }

  /** The id of a call; 0 for any other message. */
  get callId(): number {
    if (this.kind !== "call") return 0;
    const end = this.bytes.indexOf(comma, this.#start);
    return Number(this.bytes.toString("latin1", this.#start + 1, end));
  }

  /** The message as the limits count it: its header and LF left aside. */
  get extent(): { readonly size: number; readonly attachments: number } {
    if (this.#start === 0) return { size: this.size - 1, attachments: 0 };
    let attachments = 1;
    for (let at = 0; at < this.#start; at++) if (this.bytes[at] === comma) attachments++;
    return { size: this.size - this.#start - 1, attachments };
  }
}

/** The messages of a batch, oldest first: the one way in which what was queued is read back. */
export function* messagesIn(batch: Batch): Generator<BatchMessage> {
  const [first] = batch.chunks;
  if (first === undefined || batch.messages === 0) return;
  if (batch.messages === 1) {
    // Text counts UTF-16 units until it is bytes.
    const bytes = asBytes(first);
    yield new BatchMessage(bytes, batch.chunks.length === 1 ? bytes.length : batch.size);
    return;
  }
  for (const chunk of batch.chunks) {
    const bytes = asBytes(chunk);
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(lineFeed, at) + 1;
      yield new BatchMessage(bytes.subarray(at, end), end - at);
      at = end;
    }
  }
}

/** The ids of the calls in batches. */
export function callIdsIn(batches: readonly Batch[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const batch of batches) {
    for (const message of messagesIn(batch)) if (message.kind === "call") ids.add(message.callId);
  }
  return ids;
}

/** A batch of those messages alone that are wanted; `undefined` if it has none. */
export function keepIn(
  batch: Batch,
  wanted: (message: BatchMessage) => boolean,
): Batch | undefined {
  const messages = [...messagesIn(batch)];
  const kept = messages.filter(wanted);
  if (kept.length === 0) return undefined;
  if (kept.length === messages.length) return batch;
  const bytes = Buffer.concat(kept.map((message) => message.bytes));
  return { chunks: [bytes], size: bytes.length, messages: kept.length };
}

/** The last `count` messages of a batch that is a run of lines. */
export function lastOf(batch: Batch, count: number): Batch {
  const bytes = Buffer.concat(batch.chunks.map(asBytes));
  let at = 0;
  for (let skip = batch.messages - count; skip > 0; skip--) at = bytes.indexOf(lineFeed, at) + 1;
  const rest = bytes.subarray(at);
  return { chunks: [rest], size: rest.length, messages: count };
}
