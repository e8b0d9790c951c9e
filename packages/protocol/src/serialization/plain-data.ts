import { maxDepth } from "../limits.ts";
import { notEncodable, whyOf } from "./encoding-error.ts";

/** Elements of an array beyond which its text, two characters for each, is longer than V8's longest string. */
export const maxElements: number = 2 ** 28;

/** The `toJSON` that dates have by nature. */
// oxlint-disable-next-line typescript/unbound-method -- only compared
const dateToJson: unknown = Date.prototype.toJSON;

/**
 * Tell whether data may go to `JSON.stringify` as it is, which then leaves nothing out but members that are
 * undefined: objects and arrays without classes, and dates, with no binary value, no `toJSON` that could answer one,
 * no function, symbol or bigint, and within the limits of depth.
 */
export function isPlainData(data: unknown): boolean {
  if (typeof data !== "object") return !hasNoText(data);
  try {
    return data === null || isPlain(data, 1);
  } catch {
    // A getter throws, and will again: the copy then tells where.
    return false;
  }
}

function isPlain(value: object, depth: number): boolean {
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON === dateToJson;
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) return hasPlainElements(value, depth);
  return hasNoClass(value) && hasPlainMembers(value, depth);
}

function hasPlainElements(elements: readonly unknown[], depth: number): boolean {
  if (elements.length > maxElements) return false;
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index];
    if (typeof element === "object") {
      if (element !== null && !isPlain(element, depth + 1)) return false;
    } else if (hasNoText(element)) {
      return false;
    }
  }
  return true;
}

function hasPlainMembers(value: Readonly<Record<string, unknown>>, depth: number): boolean {
  // Members that are inherited do not cross. They are told apart only where it matters what they are.
  for (const key in value) {
    const element = value[key];
    if (typeof element === "object") {
      if (element === null || !Object.hasOwn(value, key)) continue;
      if (!isPlain(element, depth + 1)) return false;
    } else if (hasNoText(element) && Object.hasOwn(value, key)) {
      return false;
    }
  }
  return true;
}

/** Tell whether JSON has no text for a value that is no object, undefined left aside. */
export function hasNoText(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol" || typeof value === "bigint";
}

/** Tell whether an object is of no class: a literal, or one without a prototype. */
export function hasNoClass(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The JSON text of data; `undefined` if a `toJSON` answers none. Throws `IPC_NOT_ENCODABLE` for what JSON throws. */
export function stringify(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (cause) {
    throw notEncodable(whyOf(cause), cause);
  }
}
