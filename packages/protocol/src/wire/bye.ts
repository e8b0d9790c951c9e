import { invalidMessage, ProtocolError, type ProtocolErrorCode } from "../error.ts";
import { byeMessageBytes, labelBytes, maxDepth } from "../limits.ts";
import { checkDepth, isJsonObject, ownMembers } from "./json.ts";
import { cutToBytes } from "./text.ts";

const closeReasons = [
  "requested",
  "kicked",
  "replaced",
  "server-closing",
  "unavailable",
  "peer-gone",
  "timed-out",
  "slow-consumer",
  "violation",
  "authentication",
  "lost",
] as const;

/** Why a session ended: a closed set, the same word on both sides. */
export type CloseReason = (typeof closeReasons)[number];

function isCloseReason(value: unknown): value is CloseReason {
  return closeReasons.some((reason) => reason === value);
}

/** The words of a server for the program of a client that it refuses. */
export interface Refusal {
  /** A word of the application's own. */
  readonly code?: string | undefined;
  /** JSON data. */
  readonly data?: unknown;
}

/**
 * The last message of a side, in each phase from the preface on:
 *
 * ```
 *   {"bye":{"reason":…,"error":code,"message":…,"received":n,"code":…,"data":…}}
 * ```
 */
export interface Bye {
  /** Why the side ends the session; `violation` for a reason that this version does not know. */
  readonly reason: CloseReason;
  /** The code of the error over which it ends, if it is one. */
  readonly error?: string | undefined;
  /** A sentence for people. */
  readonly message?: string | undefined;
  /** Messages that a server had received in the session that the client came back for, if the bye is of that one. */
  readonly received?: number | undefined;
  readonly refusal?: Refusal | undefined;
}

/** The line of a bye, LF included. Of the message, 1,024 bytes are sent. */
export function encodeBye({ reason, error, message, received, refusal }: Bye): string {
  const text = message === undefined ? undefined : cutToBytes(message, byeMessageBytes);
  return `${JSON.stringify({ bye: { reason, error, message: text, received, ...refusal } })}\n`;
}

/** The bye of a side that gives its peer up over an error, LF included. */
export function encodeErrorBye(code: string): string {
  return encodeBye({ reason: reasonOfCode(code), error: code });
}

/** The bye in a parsed control message. Throws `IPC_INVALID_MESSAGE`, and `IPC_TOO_DEEP` for its data. */
export function parseBye(value: unknown): Bye {
  const members = isJsonObject(value) ? ownMembers(value) : {};
  const { reason, error, message, received, code, data } = members;
  if (typeof reason !== "string") throw invalidMessage("a bye without a reason");
  if (error !== undefined && typeof error !== "string") throw invalidMessage("a malformed bye");
  if (received !== undefined && !isCount(received)) throw invalidMessage("a malformed bye");
  const isKnown = isCloseReason(reason);
  return {
    reason: isKnown ? reason : "violation",
    // A reason of a later version says no more than that the peer gave up.
    error: error ?? (isKnown ? undefined : "IPC_REFUSED"),
    message: typeof message === "string" ? cutToBytes(message, byeMessageBytes) : undefined,
    received,
    refusal: parseRefusal(code, data),
  };
}

function parseRefusal(code: unknown, data: unknown): Refusal | undefined {
  checkDepth(data, maxDepth);
  const word = typeof code === "string" ? cutToBytes(code, labelBytes) : undefined;
  return word === undefined && data === undefined ? undefined : { code: word, data };
}

/** Tell whether a value from the wire is a number of messages. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The code with which to tell a peer that an error of this side was the end. */
export function byeCode(error: Error): string {
  return "code" in error && isKnownForm(error.code) ? error.code : "IPC_REFUSED";
}

/** The error that the code in a peer's bye becomes on this side. A code of another form is not repeated. */
export function errorOfBye(code: string): ProtocolError {
  const repeated = isKnownForm(code);
  const mirrored = mirroredErrors.get(code);
  const what = repeated ? code : "an unknown error";
  return new ProtocolError(
    mirrored?.code ?? "IPC_REFUSED",
    "peer",
    mirrored?.text ??
      `The peer ended the connection over ${what}. The \`error\` event of the peer has the details.`,
    { context: repeated ? { refusal: code } : {} },
  );
}

/** The reason for which a session ends over a code, said by either side. */
export function reasonOfCode(code: string): CloseReason {
  return reasons.get(code) ?? "violation";
}

const reasons: ReadonlyMap<string, CloseReason> = new Map<string, CloseReason>([
  ["IPC_HANDSHAKE_TIMEOUT", "timed-out"],
  ["IPC_HEARTBEAT_TIMEOUT", "timed-out"],
  ["IPC_SLOW_CONSUMER", "slow-consumer"],
  ["IPC_PEER_IS_PLAINTEXT", "authentication"],
  ["IPC_PEER_REQUIRES_PASSWORD", "authentication"],
  ["IPC_AUTHENTICATION_FAILED", "authentication"],
  ["IPC_SHARE_INVALID", "authentication"],
  ["IPC_TOO_MANY_HANDSHAKES", "unavailable"],
  ["IPC_MIDDLEWARE_FAILED", "unavailable"],
]);

interface MirroredError {
  readonly code: ProtocolErrorCode;
  readonly text: string;
}

// The peer's code is said of this side: it becomes the error that this side has of the peer.
const mirroredErrors: ReadonlyMap<string, MirroredError> = new Map<string, MirroredError>([
  [
    "IPC_VERSION_MISMATCH",
    {
      code: "IPC_VERSION_MISMATCH",
      text: "The peer does not speak the wire version of this side. Install the same version of ipc-eventer on both sides.",
    },
  ],
  [
    "IPC_PEER_IS_PLAINTEXT",
    {
      code: "IPC_PEER_REQUIRES_PASSWORD",
      text: "The peer has a password and this side has none. Give both the same one.",
    },
  ],
  [
    "IPC_PEER_REQUIRES_PASSWORD",
    {
      code: "IPC_PEER_IS_PLAINTEXT",
      text: "The peer has no password and this side has one. Give both the same one, or none.",
    },
  ],
  [
    "IPC_AUTHENTICATION_FAILED",
    {
      code: "IPC_AUTHENTICATION_FAILED",
      text: "The peer did not accept the password of this side: the passwords or the realms of the two sides differ. Compare `password` and `realm` on both.",
    },
  ],
  [
    "IPC_SERIALIZATION_MISMATCH",
    {
      code: "IPC_SERIALIZATION_MISMATCH",
      text: "The two sides write data in different ways. Give both the same `serialization`.",
    },
  ],
  [
    "IPC_TOO_MANY_HANDSHAKES",
    {
      code: "IPC_TOO_MANY_HANDSHAKES",
      text: "The server has as many connections that are not accepted yet as it keeps at once, and refused this one. Connect again in a moment.",
    },
  ],
  [
    "IPC_MIDDLEWARE_FAILED",
    {
      code: "IPC_MIDDLEWARE_FAILED",
      text: "The middleware of the server failed while it decided about this client. The server's own `error` has what it threw.",
    },
  ],
]);

function isKnownForm(code: unknown): code is string {
  return typeof code === "string" && /^IPC_[A-Z0-9_]{1,40}$/.test(code);
}
