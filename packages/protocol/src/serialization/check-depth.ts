import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";

/** Throws `IPC_TOO_DEEP` if data that a peer sent is nested more than `levels` levels. */
export function checkDepth(data: unknown, levels: number): void {
  if (typeof data !== "object" || data === null) return;
  if (levels === 0) throw peerNestsTooDeep();
  for (const element of Object.values(data)) checkDepth(element, levels - 1);
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
