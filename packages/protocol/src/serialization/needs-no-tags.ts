import { maxDepth } from "../limits.ts";
import { hasNoClass } from "./plain-data.ts";

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
