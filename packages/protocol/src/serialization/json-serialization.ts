import type { Buffer } from "node:buffer";
import { restoreAttachments } from "./attachment-references.ts";
import { checkDepth } from "../wire/json.ts";
import { notEncodable } from "./encoding-error.ts";
import { Extraction } from "./extraction.ts";
import { maxDepth } from "../limits.ts";
import { hasNoText, isPlainData, stringify } from "./plain-data.ts";
import type { OutgoingStream } from "../streams/streamable.ts";
import type { Serialization, StreamFinder } from "./serialization.ts";

const none: readonly Buffer[] = [];
const noStreams: readonly OutgoingStream[] = [];

/**
 * Carries what JSON carries, and binary values: the serialization of a side that names none.
 *
 * Plain data, by far the most frequent, is only looked through and then handed to `JSON.stringify` as it is. Of
 * all else a copy is made first, with every binary value at any depth taken out as an attachment.
 */
export class JsonSerialization implements Serialization {
  readonly name = "json";
  #attachments = none;
  #streams = noStreams;

  get attachments(): readonly Buffer[] {
    return this.#attachments;
  }

  get streams(): readonly OutgoingStream[] {
    return this.#streams;
  }

  /**
   * The JSON text of `data`, `undefined` if there is none. Throws `IPC_TOO_DEEP` beyond the depth limit, and
   * `IPC_NOT_ENCODABLE` with the path to what JSON would leave out, write as nothing or never end to write.
   */
  encode(data: unknown): string | undefined {
    if (data === undefined) {
      this.#attachments = none;
      this.#streams = noStreams;
      return undefined;
    }
    const extraction = isPlain(data) ? undefined : new Extraction(data);
    const text = stringify(extraction === undefined ? data : extraction.copy);
    if (text === undefined) throw notEncodable("its toJSON answers nothing");
    // Last of all: a getter or toJSON may have sent something of its own meanwhile.
    this.#attachments = extraction?.attachments ?? none;
    this.#streams = extraction?.streams ?? noStreams;
    return text;
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

function isPlain(data: unknown): boolean {
  if (typeof data !== "object") return !hasNoText(data);
  try {
    return data === null || isPlainData(data);
  } catch {
    // A getter throws, and will again: the copy then tells where.
    return false;
  }
}
