import { Buffer } from "node:buffer";

/** Bytes as they leave: text that is not encoded yet, or memory. */
export type Chunk = string | Uint8Array;

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
  /** The lane of a batch that is on its way from one session to the next, if it is not lane 0. */
  readonly lane?: number | undefined;
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

/** Bytes of a chunk; of text its UTF-16 units. */
export function sizeOf(chunk: Chunk): number {
  return typeof chunk === "string" ? chunk.length : chunk.byteLength;
}

/** A chunk as memory. */
export function asBytes(chunk: Chunk): Buffer {
  return typeof chunk === "string"
    ? Buffer.from(chunk)
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

const lineFeed = 0x0a;

/** The messages of a batch, oldest first: its lines, LF included, or the beginning of its only one. */
export function* batchLines(batch: Batch): Generator<Uint8Array> {
  const [first] = batch.chunks;
  if (first === undefined || batch.messages === 0) return;
  if (batch.messages === 1) {
    yield asBytes(first);
    return;
  }
  for (const chunk of batch.chunks) {
    const bytes = asBytes(chunk);
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(lineFeed, at) + 1;
      yield bytes.subarray(at, end);
      at = end;
    }
  }
}

const star = 0x2a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const leftBracket = 0x5b;
const backslash = 0x5c;

/**
 * Identifies a message of this side by its first bytes: an event's name, a call's id, or `undefined`
 * for a reply or a cancellation.
 */
export function identify(message: Uint8Array): string | number | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const start = bytes[0] === star ? bytes.indexOf(space) + 1 : 0;
  if (bytes[start] !== leftBracket) return undefined;
  if (bytes[start + 1] !== quote) {
    return Number(bytes.toString("latin1", start + 1, bytes.indexOf(comma, start)));
  }
  const end = endOfString(bytes, start + 1);
  return String(JSON.parse(bytes.toString("utf8", start + 1, end)));
}

/** The name of an event of this side, read off its first bytes; `undefined` for what is no event. */
export function eventNameOf(message: Uint8Array): string | undefined {
  const name = identify(message);
  return typeof name === "string" ? name : undefined;
}

/** Where the JSON string that begins at `start` is over. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

/** The ids of the calls in batches. */
export function callIdsIn(batches: readonly Batch[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const batch of batches) {
    for (const line of batchLines(batch)) {
      const what = identify(line);
      if (typeof what === "number") ids.add(what);
    }
  }
  return ids;
}
