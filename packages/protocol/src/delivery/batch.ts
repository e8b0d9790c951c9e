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
