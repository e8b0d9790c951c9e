import type { Buffer } from "node:buffer";
import { checkDepth, isJsonObject, ownMember } from "../wire/json.ts";
import { ProtocolError, type ProtocolErrorCode, quoted, invalidMessage } from "../error.ts";
import { type ErrorRecord, type RemoteError, restoreError } from "./remote-error.ts";
import { maxDepth } from "../limits.ts";
import { asNotReadable } from "../serialization/encoding-error.ts";
import { cutToBytes } from "../wire/text.ts";
import type { Serialization, StreamFinder } from "../serialization/serialization.ts";

/** The outcome of a call: its handler's value, its handler's error, or why no handler ran. */
export type Reply =
  | { readonly type: "data"; readonly data: unknown }
  | { readonly type: "error"; readonly error: RemoteError | ProtocolError };

/** Why a call was refused without an error of its handler: a closed set. */
export type CallFailure =
  | "IPC_INVALID_DATA"
  | "IPC_NO_HANDLER"
  | "IPC_PEER_CLOSING"
  | "IPC_TOO_MANY_CALLS";

const failures: ReadonlyMap<string, { code: ProtocolErrorCode; text: string }> = new Map<
  CallFailure,
  { code: CallFailure; text: string }
>([
  [
    "IPC_INVALID_DATA",
    { code: "IPC_INVALID_DATA", text: "The validator of the peer refused the data of the call" },
  ],
  ["IPC_NO_HANDLER", { code: "IPC_NO_HANDLER", text: "The peer has no handler for the call" }],
  [
    "IPC_PEER_CLOSING",
    { code: "IPC_PEER_CLOSING", text: "The peer ends the session and takes no more calls" },
  ],
  [
    "IPC_TOO_MANY_CALLS",
    {
      code: "IPC_TOO_MANY_CALLS",
      text: "The peer runs as many calls of this side as its maxCalls and maxCallBytes allow: wait for replies",
    },
  ],
]);

/** Bytes of a failure's explanation that cross. */
const explanationBytes = 1024;

/** The line of a reply with an error, LF included. */
export function encodeErrorReply(id: number, error: ErrorRecord): string {
  return `${JSON.stringify({ reply: { id, error } })}\n`;
}

/** The line of a reply that says why no handler ran, LF included. */
export function encodeFailure(id: number, failure: CallFailure, explanation?: string): string {
  const message = explanation === undefined ? undefined : cutToBytes(explanation, explanationBytes);
  return `${JSON.stringify({ reply: { id, failure, message } })}\n`;
}

/** The line of a cancellation, LF included. */
export function encodeCancel(id: number): string {
  return `{"cancel":${id}}\n`;
}

/** A call id from the wire. Throws `IPC_INVALID_MESSAGE`. */
export function parseCallId(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw invalidMessage("a call id that is not a whole number of at least 1");
}

/** The reply in a parsed control message. Throws `IPC_INVALID_MESSAGE` and what its data may be refused for. */
export function parseReply(
  value: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
  streams?: StreamFinder,
): { readonly type: "reply"; readonly id: number; readonly reply: Reply } {
  if (!isJsonObject(value)) throw invalidMessage("a malformed reply");
  const id = parseCallId(ownMember(value, "id"));
  const error = parseOutcome(value);
  if (error !== undefined) {
    if (attachments.length > 0) throw invalidMessage("an error with attachments");
    return { type: "reply", id, reply: { type: "error", error } };
  }
  return {
    type: "reply",
    id,
    reply: readData(ownMember(value, "data"), text, attachments, serialization, streams),
  };
}

function readData(
  json: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
  streams: StreamFinder | undefined,
): Reply {
  try {
    return { type: "data", data: serialization.decode(json, text, attachments, streams) };
  } catch (error) {
    return { type: "error", error: asNotReadable(error) };
  }
}

function parseOutcome(value: Record<string, unknown>): RemoteError | ProtocolError | undefined {
  const error = ownMember(value, "error");
  if (error !== undefined) {
    const restored = restoreError(error);
    if (restored === undefined) throw invalidMessage("a malformed error");
    checkDepth(error, maxDepth);
    return restored;
  }
  const failure = ownMember(value, "failure");
  if (failure === undefined) return undefined;
  const message = ownMember(value, "message");
  if (typeof failure !== "string") throw invalidMessage("a call's failure that is no text");
  // Those of later versions mean no more than that no handler ran.
  const told = failures.get(failure) ?? {
    code: "IPC_REFUSED",
    text: "The peer refuses the call for a reason that this version does not know",
  };
  return refused(told, typeof message === "string" ? cutToBytes(message, explanationBytes) : "");
}

// The text of a validator may have the data in it: that is for the cause, not for a message.
function refused(
  { code, text }: { code: ProtocolErrorCode; text: string },
  why: string,
): ProtocolError {
  if (why === "") return new ProtocolError(code, "peer", `${text}.`);
  if (code === "IPC_INVALID_DATA") {
    return new ProtocolError(code, "peer", `${text}; see its cause.`, { cause: new Error(why) });
  }
  const message = `${text}: ${quoted(why, explanationBytes)}.`;
  return new ProtocolError(code, "peer", message, { context: { reason: why } });
}
