import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";
import { isJsonObject } from "../messages/json.ts";

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
