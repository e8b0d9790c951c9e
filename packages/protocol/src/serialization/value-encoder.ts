import type { Buffer } from "node:buffer";
import { notEncodable, whyOf } from "./encoding-error.ts";
import { Extraction } from "./extraction.ts";
import { hasNoText, isPlainData } from "./plain-data.ts";
import type { OutgoingStream } from "../streams/outgoing-stream.ts";

const none: readonly Buffer[] = [];
const noStreams: readonly OutgoingStream[] = [];

/**
 * Turns the data of one event into JSON text, with every binary value at any depth taken out as an
 * attachment.
 *
 * Plain data, by far the most frequent, is only looked through and then handed to `JSON.stringify`
 * as it is. Of all else a copy is made first.
 */
export class ValueEncoder {
  #attachments = none;
  #streams = noStreams;

  /** The attachments that the last `encode` took out; empty for plain data. */
  get attachments(): readonly Buffer[] {
    return this.#attachments;
  }

  /** The streams among them, which want their ids. */
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

function stringify(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (cause) {
    throw notEncodable(whyOf(cause), cause);
  }
}
