import type { Buffer } from "node:buffer";
import { checkDepth } from "../wire/json.ts";
import { stringify } from "./plain-data.ts";
import { maxDepth } from "../limits.ts";
import { needsNoTags } from "./needs-no-tags.ts";
import { ReceivedAttachments, Restoration } from "./restoration.ts";
import type { OutgoingStream } from "../streams/streamable.ts";
import type { Serialization, StreamFinder } from "./serialization.ts";
import { TaggedCopy } from "./tagged-copy.ts";

const none: readonly Buffer[] = [];
const noStreams: readonly OutgoingStream[] = [];

/** How a key may begin that has its `$` in the other form. */
const escapedDollar = String.raw`"\u0024`;

/**
 * Carries what `structuredClone` carries, in JSON with tags: SERIALIZATION.md has the form. Plain data is
 * only looked through, and is then JSON as it is.
 */
export class AdvancedSerialization implements Serialization {
  readonly name = "advanced";
  #attachments = none;
  #streams = noStreams;

  get attachments(): readonly Buffer[] {
    return this.#attachments;
  }

  get streams(): readonly OutgoingStream[] {
    return this.#streams;
  }

  encode(data: unknown): string | undefined {
    if (data === undefined) {
      this.#attachments = none;
      this.#streams = noStreams;
      return undefined;
    }
    const plain = typeof data === "string" || (isObject(data) && isPlain(data));
    const tagged = plain ? undefined : new TaggedCopy(data);
    const text = stringify(tagged === undefined ? data : tagged.copy);
    // Last of all: a getter may have sent something of its own meanwhile.
    this.#attachments = tagged?.attachments ?? none;
    this.#streams = tagged?.streams ?? noStreams;
    return text;
  }

  /** Throws `IPC_INVALID_MESSAGE`, `IPC_ATTACHMENTS_MISMATCH`, `IPC_TOO_DEEP` and `IPC_NOT_DECODABLE`. */
  decode(
    json: unknown,
    text: string,
    attachments: readonly Buffer[],
    streams?: StreamFinder,
  ): unknown {
    if (attachments.length > 0 || mayHaveTags(text)) return restore(json, attachments, streams);
    // Every level takes two characters: a short text cannot nest too deep.
    if (text.length > 2 * maxDepth) checkDepth(json, maxDepth);
    return json;
  }
}

function restore(
  json: unknown,
  attachments: readonly Buffer[],
  streams: StreamFinder | undefined,
): unknown {
  const received = new ReceivedAttachments(attachments, streams);
  const restoration = new Restoration(received);
  const data = restoration.restore(json, maxDepth);
  received.checkAllTaken();
  restoration.checkReadable();
  return data;
}

function isObject(data: unknown): data is object {
  return typeof data === "object" && data !== null;
}

function isPlain(data: object): boolean {
  try {
    return needsNoTags(data);
  } catch {
    // A getter throws, and will again: the copy then tells where.
    return false;
  }
}

// The one character first: it is found, or not, far faster than the text was parsed.
function mayHaveTags(text: string): boolean {
  if (text.includes("$") && text.includes('"$')) return true;
  return text.includes("\\") && text.includes(escapedDollar);
}
