import { Buffer } from "node:buffer";
import { type BinaryValue, binaryKind, bytesOf, isBinary } from "./binary-kind.ts";
import { isBinKey } from "./bin-key.ts";
import { nestedTooDeep, notEncodable } from "./encoding-error.ts";
import { copiedBelowBytes, maxDepth } from "../limits.ts";
import { OutgoingStream, type StreamReference } from "../streams/outgoing-stream.ts";
import { isStreamable, notSendable, type Streamable } from "../streams/streamable.ts";

/**
 * A copy of the data of one event, in which `{"$bin":[index,kind]}` stands for a binary value, and, if
 * there is one, a user's own object whose only key is `$…$bin` gets one more `$`.
 */
export class Extraction {
  /** The data as `JSON.stringify` is to write it. */
  readonly copy: unknown;
  /** The binary values that were taken out, by index. */
  readonly attachments: Buffer[] = [];
  /** The streams among them, which want their ids. */
  readonly streams: OutgoingStream[] = [];
  /** Copies of user objects that look like a reference. */
  readonly #lookalikes: Record<string, unknown>[] = [];

  /** Throws `IPC_TOO_DEEP`, `IPC_NOT_ENCODABLE`, and whatever a getter or `toJSON` throws. */
  constructor(data: object) {
    this.copy = this.#extract(data, "", 1);
    if (this.attachments.length > 0) this.#lookalikes.forEach(escape);
  }

  /** What `JSON.stringify` would have written, with attachments taken out. */
  #extract(source: unknown, key: string, depth: number): unknown {
    if (isBinary(source)) return this.#attach(source);
    // As in JSON.stringify, the answer of a toJSON is not asked for its own.
    const value = hasToJson(source) ? source.toJSON(key) : source;
    if (typeof value === "function") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (isBinary(value)) return this.#attach(value);
    if (isStreamable(value)) return this.#send(value);
    if (isBoxed(value)) return value.valueOf();
    if (depth > maxDepth) throw nestedTooDeep();
    return Array.isArray(value)
      ? this.#extractElements(value, depth + 1)
      : this.#extractMembers(value, depth + 1);
  }

  #extractElements(source: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = [];
    for (let index = 0; index < source.length; index++) {
      copy.push(this.#extract(source[index], String(index), depth));
    }
    return copy;
  }

  #extractMembers(source: object, depth: number): Record<string, unknown> {
    const copy = emptyObject();
    let only: string | undefined;
    let size = 0;
    for (const [name, element] of Object.entries(source)) {
      const value = this.#extract(element, name, depth);
      if (value === undefined || typeof value === "symbol") continue;
      copy[name] = value;
      only = name;
      size++;
    }
    if (size === 1 && only !== undefined && isBinKey(only)) this.#lookalikes.push(copy);
    return copy;
  }

  #send(source: Streamable): StreamReference {
    if (this.streams.some((stream) => stream.source === source))
      throw notSendable("is in it twice");
    const stream = new OutgoingStream(source, this.attachments);
    this.streams.push(stream);
    return stream.reference;
  }

  #attach(value: BinaryValue): { $bin: [number, string] } {
    const kind = binaryKind(value);
    if (kind === undefined)
      throw notEncodable("a binary value of its kind has no place on the wire");
    const bytes = bytesOf(value);
    this.attachments.push(bytes.length < copiedBelowBytes ? Buffer.from(bytes) : bytes);
    return { $bin: [this.attachments.length - 1, kind] };
  }
}

function escape(lookalike: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(lookalike)) {
    delete lookalike[key];
    lookalike[`$${key}`] = value;
  }
}

// Without a prototype, a key named __proto__ is a key like any other.
function emptyObject(): Record<string, unknown> {
  return { __proto__: null };
}

function hasToJson(value: unknown): value is { toJSON: (key: string) => unknown } {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return "toJSON" in value && typeof value.toJSON === "function";
}

// By its tag, since a boxed value of another realm is one too.
function isBoxed(value: object): boolean {
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Number]" || tag === "[object String]" || tag === "[object Boolean]";
}
