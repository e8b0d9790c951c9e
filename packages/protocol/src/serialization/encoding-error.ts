import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";

/** The caller's error of emitting what JSON has no text for. */
export function notEncodable(why: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_ENCODABLE",
    "caller",
    `The data cannot be encoded: ${why}. Send JSON data and binary values.`,
    { cause },
  );
}

/** The caller's error of emitting what is nested beyond the depth limit, cycles included. */
export function nestedTooDeep(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_DEEP",
    "caller",
    `The data is nested more than ${maxDepth} levels, or refers to itself. Send flatter data.`,
    { context: { limit: maxDepth } },
  );
}
