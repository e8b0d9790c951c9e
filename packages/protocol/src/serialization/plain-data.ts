import { nestedTooDeep } from "./encoding-error.ts";
import { maxDepth } from "../limits.ts";

/**
 * Tell whether data may go to `JSON.stringify` as it is: objects and arrays without classes, and dates, with no
 * binary value and no `toJSON` that could answer one. Throws `IPC_TOO_DEEP` beyond the depth limit, cycles included.
 */
export function isPlainData(data: object): boolean {
  return isPlain(data, 1);
}

function isPlain(value: object, depth: number): boolean {
  if ("toJSON" in value && typeof value.toJSON === "function") return isDate(value);
  if (depth > maxDepth) throw nestedTooDeep();
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index];
      if (typeof element === "object" && element !== null && !isPlain(element, depth + 1)) {
        return false;
      }
    }
    return true;
  }
  return hasNoClass(value) && hasPlainMembers(value, depth);
}

function hasPlainMembers(value: Readonly<Record<string, unknown>>, depth: number): boolean {
  for (const key in value) {
    const element = value[key];
    if (typeof element === "object" && element !== null && !isPlain(element, depth + 1)) {
      return false;
    }
  }
  return true;
}

function hasNoClass(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// By its tag, since a date of another realm is one too.
function isDate(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Date]";
}
