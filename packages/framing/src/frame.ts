import type { Buffer } from "node:buffer";

/** A decoded frame: the text of its line, and its attachments, which own their memory. */
export interface Frame {
  readonly text: string;
  readonly attachments: readonly Buffer[];
}
