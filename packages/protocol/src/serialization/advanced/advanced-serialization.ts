import type { Buffer } from "node:buffer";
import { maxDepth } from "../../limits.ts";
import { checkDepth } from "../../wire/json.ts";
import { ReceivedAttachments } from "../attachments.ts";
import { hasNoClass, stringify } from "../plain-data.ts";
import type {
  EncodedData,
  Serialization,
  SerializationFactory,
  StreamFinder,
} from "../serialization.ts";
import { Restoration } from "./restoration.ts";
import { TaggedCopy } from "./tagged-copy.ts";

/** Carries all that `structuredClone` carries: the option `serialization` of both sides. */
export const advanced: SerializationFactory = {
  name: "advanced",
  create: () => new AdvancedSerialization(),
};

/** The beginnings of a key that has its `$` in the other form. */
const escapedDollar = String.raw`"\u0024`;

/**
 * Carries what `structuredClone` carries, in JSON with tags: SERIALIZATION.md has the form. Plain data is
 * only looked through, and is then JSON as it is.
 */
export class AdvancedSerialization implements Serialization {
  readonly name = "advanced";

  encode(data: unknown): EncodedData | string | undefined {
    if (data === undefined) return undefined;
    const plain = typeof data === "string" || (isObject(data) && isPlain(data));
    if (plain) return stringify(data);
    const { copy, taken } = new TaggedCopy(data);
    const text = stringify(copy);
    return text === undefined ? undefined : taken.with(text);
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

const dollar = 0x24;

/** Objects up to which looking at each is faster than hashing. */
const few = 16;

/**
 * Tell whether data is the same in JSON as in the tagged form: a tree of plain objects, arrays, strings, booleans,
 * null, and numbers that JSON has a text for, without a key that begins with `$`.
 */
export function needsNoTags(data: object): boolean {
  return new Survey(data).isPlain(data, 1);
}

class Survey {
  readonly #root: object;
  // Made for the second object only, since most events are one.
  #met: Identities | undefined;

  constructor(root: object) {
    this.#root = root;
  }

  isPlain(value: object, depth: number): boolean {
    if (depth > maxDepth) return false;
    // A method of this name would be asked by JSON.stringify.
    if ("toJSON" in value) return false;
    if (Array.isArray(value)) {
      return Object.getPrototypeOf(value) === Array.prototype && this.#areAllPlain(value, depth);
    }
    return hasNoClass(value) && this.#hasPlainMembers(value, depth);
  }

  #areAllPlain(elements: readonly unknown[], depth: number): boolean {
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index];
      if (typeof element === "object" && element !== null) {
        if (!this.#isFirst(element) || !this.isPlain(element, depth + 1)) return false;
      } else if (!isPlainPrimitive(element)) {
        return false;
      }
    }
    return true;
  }

  #hasPlainMembers(value: Readonly<Record<string, unknown>>, depth: number): boolean {
    // Members that are inherited do not cross. They are told apart only where it matters what they are.
    for (const key in value) {
      const element = value[key];
      if (typeof element === "object" && element !== null) {
        if (!Object.hasOwn(value, key)) continue;
        if (!this.#isFirst(element) || !this.isPlain(element, depth + 1)) return false;
      } else if (!isPlainPrimitive(element) && Object.hasOwn(value, key)) {
        return false;
      }
      if (key.charCodeAt(0) === dollar && Object.hasOwn(value, key)) return false;
    }
    return true;
  }

  #isFirst(value: object): boolean {
    this.#met ??= new Identities(this.#root);
    return this.#met.add(value);
  }
}

function isPlainPrimitive(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

/** Objects that were met, told apart by identity. */
class Identities {
  readonly #first: object[];
  #further: Set<object> | undefined;

  constructor(first: object) {
    this.#first = [first];
  }

  /** Tell whether an object is met for the first time. */
  add(value: object): boolean {
    if (this.#further === undefined) {
      if (this.#first.includes(value)) return false;
      this.#first.push(value);
      if (this.#first.length > few) this.#further = new Set(this.#first);
      return true;
    }
    if (this.#further.has(value)) return false;
    this.#further.add(value);
    return true;
  }
}
