/** The closed set of codes a {@link ProtocolError} carries; the README's table explains each. */
export type ProtocolErrorCode =
  | "IPC_ATTACHMENTS_MISMATCH"
  | "IPC_AUTHENTICATION_FAILED"
  | "IPC_CALL_LOST"
  | "IPC_CALL_TIMEOUT"
  | "IPC_EVENT_DROPPED"
  | "IPC_HANDSHAKE_TIMEOUT"
  | "IPC_HEARTBEAT_TIMEOUT"
  | "IPC_INVALID_DATA"
  | "IPC_INVALID_JSON"
  | "IPC_INVALID_MESSAGE"
  | "IPC_INVALID_OPTION"
  | "IPC_LIMITS_TOO_LOW"
  | "IPC_MESSAGE_TOO_LARGE"
  | "IPC_MIDDLEWARE_FAILED"
  | "IPC_NO_HANDLER"
  | "IPC_NOT_DECODABLE"
  | "IPC_NOT_ENCODABLE"
  | "IPC_NOT_IPC"
  | "IPC_PEER_CLOSING"
  | "IPC_PEER_GONE"
  | "IPC_PEER_IS_PLAINTEXT"
  | "IPC_PEER_REQUIRES_PASSWORD"
  | "IPC_QUEUE_FULL"
  | "IPC_REFUSED"
  | "IPC_RESERVED_EVENT"
  | "IPC_SERIALIZATION_MISMATCH"
  | "IPC_SESSION_LOST"
  | "IPC_SLOW_CONSUMER"
  | "IPC_STREAM_CANCELLED"
  | "IPC_STREAM_LOST"
  | "IPC_STREAM_NOT_SENDABLE"
  | "IPC_STREAMS_UNSUPPORTED"
  | "IPC_TOO_DEEP"
  | "IPC_TOO_MANY_ATTACHMENTS"
  | "IPC_TOO_MANY_CALLS"
  | "IPC_TOO_MANY_HANDSHAKES"
  | "IPC_TOO_MANY_STREAMS"
  | "IPC_VERSION_MISMATCH";

/** The side that is to blame for an error: the caller of this package, or the process at the other end. */
export type Blame = "caller" | "peer";

export interface ProtocolErrorOptions {
  /** The facts of the message, for programs: sizes, names, versions. Never message contents. */
  context?: Readonly<Record<string, string | number>> | undefined;
  cause?: unknown;
}

/** The one error class of this layer: a code for programs, a sentence for people. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  readonly blame: Blame;
  readonly context: Readonly<Record<string, string | number>>;

  constructor(
    code: ProtocolErrorCode,
    blame: Blame,
    message: string,
    options: ProtocolErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.blame = blame;
    this.context = options.context ?? {};
  }
}

/** Characters of a peer's text that a message repeats, unless its reader is told of more. */
const quotedLength = 64;

/** Controls, line separators and marks of direction that JSON leaves as they are. */
const unprintable = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * The text of a peer as an error message repeats it: in quotes, cut, and with escapes in the place of
 * everything that could move a cursor or begin a line of a log.
 */
export function quoted(text: string, length: number = quotedLength): string {
  const kept = text.length > length ? `${text.slice(0, length)}…` : text;
  return JSON.stringify(kept).replace(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const advice =
  "Install the same version of ipc-eventer on both sides; if the peer is another implementation, its author must correct it.";

/** The violation of sending something that the protocol has no place for. */
export function invalidMessage(what: string): ProtocolError {
  return new ProtocolError("IPC_INVALID_MESSAGE", "peer", `The peer sent ${what}. ${advice}`);
}
