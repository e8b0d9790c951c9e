import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";

/** Tell whether a value is an object as JSON knows it: neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A member of a parsed object; `undefined` if the peer has not sent it, even if a program has added one of that name
 * to `Object.prototype`.
 */
export function ownMember(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The members of a parsed object, without those that a program has added to `Object.prototype`. */
export function ownMembers(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = { __proto__: null };
  return Object.assign(members, object);
}

/** Parse one JSON text that a peer sent. Throws `IPC_INVALID_JSON`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's own error quotes the text, and contents do not belong into errors: no cause.
    throw new ProtocolError(
      "IPC_INVALID_JSON",
      "peer",
      "The peer sent a line that is not valid JSON: it is corrupt, or the peer does not speak this protocol.",
      { context: { length: text.length } },
    );
  }
}

/** A parsed value as the pair it has to be; `undefined` if it is anything else. */
export function asPair(value: unknown): readonly [unknown, unknown] | undefined {
  return Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : undefined;
}

/** Throws `IPC_TOO_DEEP` if data that a peer sent is nested more than `levels` levels. */
export function checkDepth(data: unknown, levels: number): void {
  if (typeof data !== "object" || data === null) return;
  if (levels === 0) throw peerNestsTooDeep();
  if (Array.isArray(data)) checkElements(data, levels - 1);
  else if (isJsonObject(data)) checkMembers(data, levels - 1);
}

// A list of all values would take longer than everything else for a message that is full of empty objects.
function checkElements(elements: readonly unknown[], levels: number): void {
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index];
    if (typeof element === "object" && element !== null) checkDepth(element, levels);
  }
}

function checkMembers(members: Readonly<Record<string, unknown>>, levels: number): void {
  for (const key in members) {
    const element = members[key];
    if (typeof element !== "object" || element === null) continue;
    if (Object.hasOwn(members, key)) checkDepth(element, levels);
  }
}

/** The violation of nesting data beyond the depth limit. */
export function peerNestsTooDeep(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_DEEP",
    "peer",
    `The peer sent data that is nested more than ${maxDepth} levels.`,
    { context: { limit: maxDepth } },
  );
}
