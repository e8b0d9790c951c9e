import type { EncodedEvent } from "../event-encoder.ts";

/** Bytes as they leave: text that is not encoded yet, or memory. */
export type Chunk = string | Uint8Array;

/** What holds for a message only until it is first written. */
export interface Terms {
  /** The event's name. */
  readonly event: string;
  /** The instant from which on the event need not be sent any more; Infinity for never. */
  readonly expiresAt: number;
  /** A newer event of the same key takes the place of this one. */
  readonly key: string | undefined;
  /** The call that this is, 0 for none: a call that was given up is not sent. */
  readonly callId: number;
}

/**
 * What leaves together: a run of lines, or one message in several chunks. A batch that was withdrawn
 * before it left has no messages.
 */
export interface Batch {
  chunks: readonly Chunk[];
  /** Bytes; of text not encoded yet its UTF-16 units. */
  size: number;
  /** Numbered messages in it. More than one are lines. */
  messages: number;
  /** Set while it may still be withdrawn. */
  readonly terms?: Terms | undefined;
  /** The event whose memory this is, if other sessions hold it too. */
  readonly shared?: EncodedEvent | undefined;
  /** Who waits for the acknowledgement of all that goes before; such a batch has no messages. */
  readonly mark?: object | undefined;
}

/** Bytes of a chunk; of text its UTF-16 units. */
export function sizeOf(chunk: Chunk): number {
  return typeof chunk === "string" ? chunk.length : chunk.byteLength;
}
