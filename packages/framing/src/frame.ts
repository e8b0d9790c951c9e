import type { Buffer } from "node:buffer";

/** A decoded frame: the text of its line, and its attachments, which own their memory. */
export interface Frame {
  readonly text: string;
  readonly attachments: readonly Buffer[];
}

/** Where a decoder delivers frames. Each method answers `false` to stop: the rest of the bytes is dropped. */
export interface FrameSink {
  /**
   * Takes a line without its LF, and its attachments: one shared frozen empty array for an ordinary line.
   * Attachments own their memory, each an ArrayBuffer of its own from offset 0, so that any typed array fits on it.
   * A short line may be a slice of a string of up to 64 KiB, which it keeps alive.
   */
  handleLine(text: string, attachments: readonly Buffer[]): boolean;
  /**
   * Takes bytes of a fragment. `payload` is a view on the chunk and valid during the call only: copy what is kept,
   * as `FragmentDecoder` does. A fragment cut by a chunk comes in pieces, which is the same to it;
   * `last` is set on the last piece of the last fragment of a train.
   */
  handleFragment(lane: number, payload: Buffer, last: boolean): boolean;
}
