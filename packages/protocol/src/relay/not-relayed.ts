import { ProtocolError, quoted } from "../error.ts";
import { invalidMessage } from "../messages/invalid-message.ts";

/** Why a server does not pass an event on, a closed set, and what to say of it. */
const reasons = {
  IPC_MESSAGE_TOO_LARGE: "it is larger than that client or the server takes",
  IPC_QUEUE_FULL: "too many messages wait for the server's decision",
  IPC_RELAY_REFUSED: "the server refuses",
  IPC_RELAY_UNSUPPORTED: "that client's version takes no messages of other clients",
  IPC_STREAMS_UNSUPPORTED: "that client takes no streams",
  IPC_TOO_MANY_ATTACHMENTS: "it has more binary values than that client takes",
  IPC_TOO_MANY_STREAMS: "that client takes no more streams",
  IPC_UNKNOWN_CLIENT: "no such client is connected",
} as const;

/** Characters of an explanation that cross. */
const explanationLength = 1024;

/** Characters of an id or an event's name that the context of an error has. */
const repeatedLength = 64;

/** The parts of the notice that an event was not passed on. A code that is none of the set is a refusal. */
export function notRelayedParts(
  to: string,
  event: string,
  code: string,
  why: string | undefined,
): readonly string[] {
  const known = isReason(code) ? code : "IPC_RELAY_REFUSED";
  const more = why === undefined ? [] : [why.slice(0, explanationLength)];
  // A name may be as long as a message.
  return [to, event.slice(0, repeatedLength), known, ...more];
}

/** The report of an event that the server has not passed on. Throws `IPC_INVALID_MESSAGE`. */
export function readNotRelayed(value: unknown): ProtocolError {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [];
  const [to, event, told, why] = parts;
  if (typeof to !== "string" || typeof event !== "string" || typeof told !== "string") {
    throw invalidMessage('a malformed "ipc:not-relayed"');
  }
  const code = isReason(told) ? told : "IPC_RELAY_REFUSED";
  const context = { event: event.slice(0, repeatedLength), to: to.slice(0, repeatedLength) };
  const more = typeof why === "string" ? `: ${quoted(why, explanationLength)}` : "";
  return new ProtocolError(
    code,
    "peer",
    `The event ${quoted(event)} did not reach the client ${quoted(to)}: ${reasons[code]}${more}.`,
    { context },
  );
}

function isReason(code: string): code is keyof typeof reasons {
  return Object.hasOwn(reasons, code);
}

/** The error of a message for another client, or of one, that a peer does not understand. */
export function relayUnsupported(): ProtocolError {
  return new ProtocolError(
    "IPC_RELAY_UNSUPPORTED",
    "peer",
    "The peer knows no messages from one client to another: it is of another version or implementation.",
  );
}
