import type { Buffer } from "node:buffer";
import { restoreAttachments } from "./attachment-references.ts";
import { checkDepth } from "./check-depth.ts";
import { maxDepth } from "../limits.ts";
import { ValueEncoder } from "./value-encoder.ts";
import type { OutgoingStream } from "../streams/outgoing-stream.ts";
import type { Serialization, StreamFinder } from "./serialization.ts";

/** Carries what JSON carries, and binary values: the serialization of a side that names none. */
export class JsonSerialization implements Serialization {
  readonly name = "json";
  readonly #values = new ValueEncoder();

  get attachments(): readonly Buffer[] {
    return this.#values.attachments;
  }

  get streams(): readonly OutgoingStream[] {
    return this.#values.streams;
  }

  encode(data: unknown): string | undefined {
    return this.#values.encode(data);
  }

  /** Throws `IPC_ATTACHMENTS_MISMATCH` and `IPC_TOO_DEEP`. */
  decode(
    json: unknown,
    text: string,
    attachments: readonly Buffer[],
    streams?: StreamFinder,
  ): unknown {
    if (attachments.length > 0) return restoreAttachments(json, attachments, streams);
    // Every level takes two characters: a short text cannot nest too deep.
    if (text.length > 2 * maxDepth) checkDepth(json, maxDepth);
    return json;
  }
}
