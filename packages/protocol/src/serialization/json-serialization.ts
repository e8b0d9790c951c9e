import type { Buffer } from "node:buffer";
import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";
import { checkDepth, isJsonObject, peerNestsTooDeep } from "../wire/json.ts";
import { isStreamable } from "../streams/streamable.ts";
import {
  type BinaryValue,
  isBinary,
  OutgoingAttachments,
  ReceivedAttachments,
} from "./attachments.ts";
import { hiddenKind, isCarriedByAdvanced, isError, oneOf, unbox } from "./built-in-kind.ts";
import {
  nestedTooDeep,
  notEncodable,
  notEncodableAt,
  notReadableAt,
  pathText,
} from "./encoding-error.ts";
import { hasNoClass, hasNoText, isPlainData, maxElements, stringify } from "./plain-data.ts";
import type { EncodedData, Serialization, StreamFinder } from "./serialization.ts";

const useAdvanced =
  'or give both sides the option serialization: advanced, from "ipc-eventer/advanced"';

/**
 * Carries what JSON carries, and binary values: the serialization of a side that names none.
 *
 * Plain data, by far the most frequent, is only looked through and then handed to `JSON.stringify` as it is. Of
 * all else a copy is made first, with every binary value at any depth taken out as an attachment.
 */
export class JsonSerialization implements Serialization {
  readonly name = "json";

  /**
   * The JSON text of `data`, `undefined` if there is none. Throws `IPC_TOO_DEEP` beyond the depth limit, and
   * `IPC_NOT_ENCODABLE` with the path to what JSON would leave out, write as nothing or never end to write.
   */
  encode(data: unknown): EncodedData | string | undefined {
    if (data === undefined) return undefined;
    if (isPlainData(data)) {
      const text = stringify(data);
      if (text !== undefined && (typeof data !== "object" || !hasBinKey(text))) return text;
    }
    const { copy, taken } = new Extraction(data);
    const text = stringify(copy);
    if (text === undefined) throw notEncodable("its toJSON answers nothing");
    return taken.with(text);
  }

  /** Throws `IPC_ATTACHMENTS_MISMATCH` and `IPC_TOO_DEEP`. */
  decode(
    json: unknown,
    text: string,
    attachments: readonly Buffer[],
    streams?: StreamFinder,
  ): unknown {
    const mayRefer = typeof json === "object" && mayHaveBinKey(text);
    if (attachments.length > 0 || mayRefer) return restoreAttachments(json, attachments, streams);
    // Every level takes two characters: a short text cannot nest too deep.
    if (text.length > 2 * maxDepth) checkDepth(json, maxDepth);
    return json;
  }
}

/**
 * Tell whether a text that `JSON.stringify` has written may have a key `$…$bin` in it: it writes these letters as
 * they are. The one character first: it is found, or not, far faster than the text was written.
 */
function hasBinKey(text: string): boolean {
  return text.includes("$") && text.includes('$bin"');
}

/** Tell whether a text of a peer may have such a key in it. There a letter may be an escape: `"\u0024bin"`. */
function mayHaveBinKey(text: string): boolean {
  if (hasBinKey(text)) return true;
  return text.includes("\\") && /\\u00(?:24|6[29Ee])/.test(text);
}

/**
 * A copy of the data of one event, in which `{"$bin":[index,kind]}` stands for a binary value, and a user's own
 * object whose only key is `$…$bin` has one more `$`.
 *
 * A value that JSON would leave out, or write as an empty object, is refused with the path to it; a member
 * that is undefined is left out, as in JSON.
 */
class Extraction {
  /** The data as `JSON.stringify` is to write it. */
  readonly copy: unknown;
  /** The binary values and streams that were taken out. */
  readonly taken: OutgoingAttachments = new OutgoingAttachments();
  /** The path from the data to the value that is being copied, and the objects that it leads through. */
  readonly #path: (string | number)[] = [];
  readonly #around: object[] = [];

  /** Throws `IPC_TOO_DEEP`, `IPC_NOT_ENCODABLE` and `IPC_STREAM_NOT_SENDABLE`. */
  constructor(data: unknown) {
    try {
      this.copy = this.#extract(data, "");
    } catch (cause) {
      // A getter or toJSON may throw anything.
      if (cause instanceof ProtocolError) throw cause;
      throw notReadableAt(this.#path, cause);
    }
  }

  /** The value that `JSON.stringify` would have written, with attachments taken out. */
  #extract(source: unknown, key: string): unknown {
    if (isBinary(source)) return this.#attach(source);
    // As in JSON.stringify, the answer of a toJSON is not asked for its own.
    const value = hasToJson(source) ? source.toJSON(key) : source;
    if (typeof value === "object") return value === null ? null : this.#extractObject(value);
    if (typeof value === "bigint") throw this.#bigint();
    if (hasNoText(value)) throw notEncodableAt(this.#path, `is a ${typeof value}`);
    return value;
  }

  #extractObject(value: object): unknown {
    if (isBinary(value)) return this.#attach(value);
    if (isRawJson(value)) return value;
    if (hasNoClass(value)) return this.#extractMembers(value);
    if (isStreamable(value)) return this.taken.send(value);
    if (Array.isArray(value)) return this.#extractElements(value);
    return isOrdinary(value) ? this.#extractMembers(value) : this.#extractBuiltIn(value);
  }

  #extractBuiltIn(value: object): unknown {
    const primitive = unbox(value);
    if (typeof primitive === "bigint") throw this.#bigint();
    if (primitive !== undefined) return primitive;
    const kind = hiddenKind(value);
    if (kind !== undefined) throw this.#hidden(kind);
    return this.#extractMembers(value);
  }

  /** Go into an object; `#around` is to lose it again. */
  #enter(value: object): void {
    if (this.#around.length === maxDepth) throw this.#tooDeep();
    this.#around.push(value);
  }

  #extractElements(source: readonly unknown[]): unknown[] {
    if (source.length > maxElements) {
      throw notEncodableAt(
        this.#path,
        `is an array of ${source.length} elements, more than JSON has room for`,
      );
    }
    this.#enter(source);
    const copy: unknown[] = [];
    for (let index = 0; index < source.length; index++) {
      this.#path.push(index);
      copy.push(this.#extract(source[index], String(index)));
      this.#path.pop();
    }
    this.#around.pop();
    return copy;
  }

  #extractMembers(source: object): Record<string, unknown> {
    this.#enter(source);
    const copy = emptyObject();
    let only: string | undefined;
    let size = 0;
    for (const name of Object.keys(source)) {
      this.#path.push(name);
      const element: unknown = Reflect.get(source, name);
      // The way in which an object is written is none of its data.
      const isToJson = name === "toJSON" && typeof element === "function";
      const value = isToJson ? undefined : this.#extract(element, name);
      this.#path.pop();
      if (value === undefined) continue;
      copy[name] = value;
      only = name;
      size++;
    }
    this.#around.pop();
    if (size !== 1 || only === undefined || !isBinKey(only)) return copy;
    const escaped = emptyObject();
    escaped[`$${only}`] = copy[only];
    return escaped;
  }

  #attach(value: BinaryValue): object {
    const reference = this.taken.add(value);
    if (reference !== undefined) return reference;
    throw notEncodableAt(
      this.#path,
      "is a binary value of a kind that has no place on the wire",
      "Send a copy of it as a Uint8Array.",
    );
  }

  #bigint(): ProtocolError {
    const what = "is a bigint, which JSON has no text for";
    return notEncodableAt(this.#path, what, `Send a string in its place, ${useAdvanced}.`);
  }

  #hidden(kind: string): ProtocolError {
    const what = `is ${oneOf(kind)}, which JSON would write as {}`;
    if (kind === "Promise") return notEncodableAt(this.#path, what, "Await it first.");
    const advice = isCarriedByAdvanced(kind)
      ? `Send plain data in its place, ${useAdvanced}.`
      : undefined;
    return notEncodableAt(this.#path, what, advice);
  }

  /** Without an end if an object is within itself. */
  #tooDeep(): ProtocolError {
    for (let [depth, value] of this.#around.entries()) {
      const again = this.#around.indexOf(value, depth + 1);
      if (again < 0) continue;
      const [outer, inner] = [this.#path.slice(0, depth), this.#path.slice(0, again)];
      return notEncodableAt(
        inner,
        `is ${pathText(outer)} again, which it is within: JSON has no text for a cycle`,
        `Leave the reference out, ${useAdvanced}.`,
      );
    }
    return nestedTooDeep(this.#path);
  }
}

/** Tell the instances of most classes, which are what their members are. */
function isOrdinary(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]" && !isError(value);
}

// Without a prototype, a key named __proto__ is a key like any other.
function emptyObject(): Record<string, unknown> {
  return { __proto__: null };
}

// As JSON.stringify, which asks bigints too: some programs give them a toJSON.
function hasToJson(value: unknown): value is { toJSON: (key: string) => unknown } {
  if (value === null || value === undefined) return false;
  if (typeof value !== "object" && typeof value !== "function" && typeof value !== "bigint")
    return false;
  return typeof Reflect.get(Object(value), "toJSON") === "function";
}

/** `JSON`, with a function that newer runtimes have besides. */
const json: Pick<JSON, "stringify"> & { readonly isRawJSON?: (value: unknown) => boolean } = JSON;

/** Tell whether a value is the text of a primitive that JSON writes as it is, where the runtime knows of that. */
function isRawJson(value: object): boolean {
  return json.isRawJSON?.(value) === true;
}

/**
 * Puts the attachments of a message back into its parsed data, each exactly once, and takes the escaping `$` off user
 * keys. A reference counts as no level of nesting. Throws `IPC_ATTACHMENTS_MISMATCH` and `IPC_TOO_DEEP`.
 */
export function restoreAttachments(
  data: unknown,
  attachments: readonly Buffer[],
  streams?: StreamFinder,
): unknown {
  const received = new ReceivedAttachments(attachments, streams);
  const restored = new References(received).restore(data, maxDepth);
  received.checkAllTaken();
  return restored;
}

/** Walks through the data of a message with attachments or keys that look like references. */
class References {
  readonly #attachments: ReceivedAttachments;

  constructor(attachments: ReceivedAttachments) {
    this.#attachments = attachments;
  }

  restore(value: unknown, levels: number): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isJsonObject(value)) return this.#restoreMembers(value, levels);
    if (!Array.isArray(value)) return value;
    if (levels === 0) throw peerNestsTooDeep();
    for (let index = 0; index < value.length; index++) {
      value[index] = this.restore(value[index], levels - 1);
    }
    return value;
  }

  #restoreMembers(record: Record<string, unknown>, levels: number): unknown {
    const keys = Object.keys(record);
    const only = keys.length === 1 ? keys[0] : undefined;
    if (only === "$bin") return this.#attachments.take(record[only]);
    if (levels === 0) throw peerNestsTooDeep();
    if (only !== undefined && isBinKey(only)) {
      return { [only.slice(1)]: this.restore(record[only], levels - 1) };
    }
    for (const key of keys) {
      // The key is the record's own, so that even __proto__ is written as any other.
      record[key] = this.restore(record[key], levels - 1);
    }
    return record;
  }
}

/** Tell whether a key is `$bin`, or `$bin` with any number of further `$` before it. */
function isBinKey(key: string): boolean {
  return key.endsWith("$bin") && /^\$+bin$/.test(key);
}
