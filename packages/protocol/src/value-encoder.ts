import { Buffer } from "node:buffer";
import { binaryKind, bytesOf } from "./binary-kind.ts";
import { ProtocolError } from "./error.ts";
import { maxDepth } from "./limits.ts";

/** Binary values below this many bytes are copied at `emit`; larger ones must not change until they left. */
export const copiedBelowBytes: number = 64 * 1024;

/**
 * Turns the data of one event into JSON text, with every binary value at any depth taken out as an
 * attachment.
 *
 * Plain data, by far the most frequent, is only looked through and then handed to `JSON.stringify`
 * as it is. With a binary value in it, a copy is made in which `{"$bin":[index,kind]}` stands for
 * the value, and a user's own object whose only key is `$…$bin` gets one more `$`.
 */
export class ValueEncoder {
  #attachments: Buffer[] = [];

  /** The attachments that the last `encode` took out; empty for plain data. */
  get attachments(): readonly Buffer[] {
    return this.#attachments;
  }

  /**
   * The JSON text of `data`, `undefined` if there is none. Throws `IPC_TOO_DEEP` beyond the depth
   * limit (cycles included) and `IPC_NOT_ENCODABLE` for what JSON has no text for.
   */
  encode(data: unknown): string | undefined {
    if (this.#attachments.length > 0) this.#attachments = [];
    if (data === undefined) return undefined;
    const plain = typeof data !== "object" || data === null || this.#isPlain(data, 1);
    const text = stringify(plain ? data : this.#extract(data, "", 1));
    if (text === undefined) throw notEncodable(`a ${typeof data} has no JSON text`);
    return text;
  }

  /** True if the value may go to `JSON.stringify` as it is. */
  #isPlain(value: object, depth: number): boolean {
    if (depth > maxDepth) throw tooDeep();
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const element: unknown = value[index];
        if (typeof element === "object" && element !== null && !this.#isPlain(element, depth + 1)) {
          return false;
        }
      }
      return true;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      if (binaryKind(value) !== undefined) return false;
      // A date's toJSON answers a string; any other may answer anything.
      if (hasToJson(value) && !(value instanceof Date)) return false;
    }
    for (const key in value) {
      const element: unknown = (value as Record<string, unknown>)[key];
      if (typeof element === "object") {
        if (element !== null && !this.#isPlain(element, depth + 1)) return false;
      } else if (typeof element === "function" && key === "toJSON") {
        return false;
      }
    }
    return true;
  }

  /** What `JSON.stringify` would have written, with attachments taken out. */
  #extract(source: unknown, key: string, depth: number): unknown {
    if (typeof source !== "object" || source === null) return source;
    const kind = binaryKind(source);
    if (kind !== undefined) return this.#attach(source as ArrayBufferView | ArrayBuffer, kind);
    if (depth > maxDepth) throw tooDeep();
    if (hasToJson(source)) {
      const answer = callToJson(source, key);
      if (answer !== source) return this.#extract(answer, key, depth);
    }
    if (isBoxed(source)) return source;
    if (Array.isArray(source)) {
      return source.map((element: unknown, index) =>
        this.#extract(element, String(index), depth + 1),
      );
    }
    const keys = Object.keys(source);
    // Without a prototype, a key named __proto__ is a key like any other.
    const copy = Object.create(null) as Record<string, unknown>;
    for (const name of keys) {
      const element = this.#extract((source as Record<string, unknown>)[name], name, depth + 1);
      if (name !== "toJSON" || typeof element !== "function") copy[name] = element;
    }
    const only = keys.length === 1 ? keys[0] : undefined;
    return only !== undefined && isBinKey(only) ? { [`$${only}`]: copy[only] } : copy;
  }

  #attach(value: ArrayBufferView | ArrayBuffer, kind: string): { $bin: [number, string] } {
    const bytes = bytesOf(value);
    this.#attachments.push(bytes.length < copiedBelowBytes ? Buffer.from(bytes) : bytes);
    return { $bin: [this.#attachments.length - 1, kind] };
  }
}

/** Tell whether a key is `$bin` with any number of further `$` before it. */
export function isBinKey(key: string): boolean {
  return key.endsWith("$bin") && /^\$+bin$/.test(key);
}

function hasToJson(value: object): value is { toJSON: (key: string) => unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

function callToJson(value: { toJSON: (key: string) => unknown }, key: string): unknown {
  try {
    return value.toJSON(key);
  } catch (cause) {
    throw notEncodable("its toJSON threw", cause);
  }
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean;
}

function stringify(value: unknown): string | undefined {
  try {
    // The declared type hides that functions and symbols give undefined.
    return JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw notEncodable(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function notEncodable(why: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_ENCODABLE",
    "caller",
    `The data of this event cannot be encoded as JSON: ${why}.`,
    { cause },
  );
}

function tooDeep(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_DEEP",
    "caller",
    `The data of this event is nested more than ${maxDepth} levels, or refers to itself.`,
    { context: { maxDepth } },
  );
}
