import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";

/** Tell whether two values are equal, and an object stands in the one wherever its like stands in the other. */
export function isSameGraph(left: unknown, right: unknown): boolean {
  return new Comparison().areSame(left, right);
}

class Comparison {
  readonly #likes = new Map<object, object>();
  readonly #taken = new Set<object>();

  areSame(left: unknown, right: unknown): boolean {
    if (typeof left !== "object" || left === null) return Object.is(left, right);
    if (typeof right !== "object" || right === null) return false;
    const like = this.#likes.get(left);
    if (like !== undefined) return like === right;
    if (this.#taken.has(right)) return false;
    this.#likes.set(left, right);
    this.#taken.add(right);
    return isDeepStrictEqual(labelOf(left), labelOf(right)) && this.#haveSame(left, right);
  }

  #haveSame(left: object, right: object): boolean {
    const lefts = contentsOf(left);
    const rights = contentsOf(right);
    return (
      lefts.length === rights.length &&
      lefts.every((inner, index) => this.areSame(inner, rights[index]))
    );
  }
}

/** The properties of an object beside the values in it. */
function labelOf(value: object): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (value instanceof Error) {
    const hidden = Object.getOwnPropertyNames(value);
    return [prototype, value.name, value.message, value.stack, hidden.toSorted()];
  }
  if (ArrayBuffer.isView(value)) {
    return [prototype, Buffer.from(value.buffer, value.byteOffset, value.byteLength)];
  }
  if (value instanceof ArrayBuffer) return [prototype, Buffer.from(value)];
  if (value instanceof Date) return [prototype, value.getTime()];
  if (value instanceof RegExp) return [prototype, String(value), value.lastIndex];
  if (value instanceof Map || value instanceof Set) return [prototype];
  const boxed = [Number, String, Boolean, BigInt].some((type) => value instanceof type);
  return [
    prototype,
    Object.keys(value),
    boxed && value.valueOf(),
    Array.isArray(value) && value.length,
  ];
}

function contentsOf(value: object): readonly unknown[] {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat(1);
  if (value instanceof Set) return [...(value as Set<unknown>)];
  if (ArrayBuffer.isView(value)) return [];
  const own = Object.values(value) as unknown[];
  if (!(value instanceof Error)) return own;
  return [value.cause, ...((value as { errors?: unknown[] }).errors ?? []), ...own];
}
