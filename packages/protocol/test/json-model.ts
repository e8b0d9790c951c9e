import { Buffer } from "node:buffer";

const refused = [Map, Set, Error, RegExp, Promise, WeakMap, SharedArrayBuffer];

/**
 * The form in which a value arrives in JSON with binary values, by the words of the manual; throws `refused`
 * for one that is refused. `depth` counts the objects and arrays around it.
 */
export function asJson(value: unknown, depth = 0, key = ""): unknown {
  // The answer of a toJSON is not asked for its own.
  return isBinary(value) || !hasToJson(value)
    ? asWritten(value, depth)
    : asWritten(value.toJSON(key), depth);
}

function asWritten(value: unknown, depth: number): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") {
    throw new Error("refused");
  }
  if (typeof value !== "object" || value === null || isBinary(value)) return value;
  for (const box of [Number, String, Boolean, BigInt]) {
    if (value instanceof box) return asWritten(value.valueOf(), depth);
  }
  if (refused.some((type) => value instanceof type) || "next" in value || depth === 128) {
    throw new Error("refused");
  }
  if (Array.isArray(value)) {
    return Array.from(value, (element, index) => asJson(element, depth + 1, `${index}`) ?? null);
  }
  const members = Object.keys(value).flatMap((key) => {
    if (key === "toJSON" && hasToJson(value)) return [];
    const member = asJson(Reflect.get(value, key), depth + 1, key);
    const descriptor = { value: member, enumerable: true, configurable: true, writable: true };
    return member === undefined ? [] : [[key, descriptor] as const];
  });
  return Object.defineProperties({}, Object.fromEntries(members));
}

function isBinary(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function hasToJson(value: unknown): value is { toJSON: (key: string) => unknown } {
  if (value === null || value === undefined) return false;
  return typeof Reflect.get(Object(value), "toJSON") === "function";
}

/** A codec of a program: a value as JSON text, which it reads as badly as it may. */
export const textCodec = {
  name: "text",
  encode: (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value)),
  decode: (bytes: Uint8Array): unknown => {
    const text = Buffer.from(bytes).toString();
    if (text.includes("\u00e9")) throw new SyntaxError("an accent");
    return JSON.parse(text) as unknown;
  },
};
