import { Buffer } from "node:buffer";
import {
  byeMessageBytes,
  labelBytes,
  ProtocolError,
  quoted,
  type Refusal,
  type SessionEnd,
} from "@ipc/protocol";
import { TransportError } from "@ipc/transport";

/** The closed set of codes an {@link IPCError} carries; the README's table explains each. */
export type IPCErrorCode =
  | "IPC_ABORTED"
  | "IPC_CALL_CANCELLED"
  | "IPC_CLOSED"
  | "IPC_CONNECT_TIMEOUT"
  | "IPC_FLUSH_TIMEOUT"
  | "IPC_FLUSH_UNSUPPORTED"
  | "IPC_HANDLER_EXISTS"
  | "IPC_INVALID_OPTION"
  | "IPC_REFUSED_BY_SERVER"
  | "IPC_SERVER_CLOSING";

/** The error class of the facade. Errors of the layers below and of the system pass through unchanged. */
export class IPCError extends Error {
  override readonly name = "IPCError";
  readonly code: IPCErrorCode;

  constructor(code: IPCErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Returns the code of an error of this library or of the system, `undefined` for others. */
export function codeOf(error: unknown): string | undefined {
  const code = memberOf(error, "code");
  return typeof code === "string" ? code : undefined;
}

/** Reads a member of any value, such as a thrown one; `undefined` if there is none. Never throws, even if a getter or a proxy does. */
export function memberOf(value: unknown, name: PropertyKey): unknown {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject) return undefined;
  try {
    return Reflect.get(value, name) as unknown;
  } catch {
    return undefined;
  }
}

const finalCodes: ReadonlySet<string> = new Set([
  "IPC_ACCESS_DENIED",
  "IPC_AUTHENTICATION_FAILED",
  "IPC_PASSWORD_INVALID",
  "IPC_REALM_INVALID",
  "IPC_SHARE_INVALID",
  "IPC_VERSION_MISMATCH",
  "IPC_PEER_REQUIRES_PASSWORD",
  "IPC_SERIALIZATION_MISMATCH",
  "IPC_PEER_IS_PLAINTEXT",
  "IPC_REFUSED_BY_SERVER",
  "IPC_NOT_IPC",
  "IPC_DIRECTORY_REFUSED",
  "IPC_ENDPOINT_NAME",
  "IPC_ENDPOINT_TOO_LONG",
  "IPC_NOT_A_SOCKET",
  "IPC_TRANSPORT_OPTION",
  "IPC_WRONG_OWNER",
]);

/**
 * Tells whether each further attempt fails with the same error until something is changed. An error that another user
 * of the machine has caused is never final: that user could stop a client.
 */
export function isFinal(error: unknown): boolean {
  const byOthers = error instanceof TransportError && error.byOthers;
  return finalCodes.has(codeOf(error) ?? "") && !byOthers;
}

const passingCodes: ReadonlySet<string> = new Set(["EAGAIN", "EBUSY", "IPC_TOO_MANY_HANDSHAKES"]);

/** Tells whether an error is expected to pass: the server is there, and busy at the moment. */
export function isPassing(error: unknown): boolean {
  return passingCodes.has(codeOf(error) ?? "");
}

const codesOfTime: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "IPC_HANDSHAKE_TIMEOUT",
  "IPC_PEER_GONE",
]);

/** Tells whether a connection may have failed because the session was not open in time. */
export function endsByTime(error: unknown): boolean {
  if (codesOfTime.has(codeOf(error) ?? "")) return true;
  return error instanceof ProtocolError && error.context["refusal"] === "IPC_HANDSHAKE_TIMEOUT";
}

/** Tells whether an error means that no server listens at the endpoint. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/**
 * Tells whether the end of a session is a failure, for `error`. A process that ends without closing the session is none
 * as long as nothing is lost and nothing was reset: `disconnected` reports it.
 */
export function isFailure({ error, lost }: Pick<SessionEnd, "error" | "lost">): boolean {
  return error !== undefined && (lost !== undefined || !isPlainEnd(error));
}

/** Tells whether a connection has ended without a failure, also before the session was parked. */
function isPlainEnd(error: Error): boolean {
  const { cause } = error;
  const code = codeOf(error);
  if (code === "IPC_PEER_GONE") return cause === undefined || codeOf(cause) === "IPC_TRUNCATED";
  return code === "IPC_SESSION_LOST" && cause instanceof Error && isPlainEnd(cause);
}

/** The parts of a `RefusedError` that are for a program. */
export interface RefusedErrorOptions {
  /** A code of the application's own, of at most 256 bytes of UTF-8. */
  readonly code?: string | undefined;
  /** JSON data of at most 8 KiB. */
  readonly data?: unknown;
}

/** Bytes of a refusal's data as JSON: with message and code escaped, the most that a client takes before it is accepted. */
const refusalDataBytes: number = 8 * 1024;

// Not by `instanceof`: the module may be loaded twice, as test runners do.
const refusalMark: symbol = Symbol.for("ipc-eventer.RefusedError");

/**
 * Thrown by middleware to refuse a client, which gets message, code and data. Any other error that is thrown there is a
 * fault of the server.
 *
 * The client's `connect()` rejects with `IPC_REFUSED_BY_SERVER`; its `cause` is such an error.
 */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: string | undefined;
  readonly data: unknown;

  /** Throws `IPC_INVALID_OPTION` for a part that cannot be sent to a client. */
  constructor(message: string, { code, data }: RefusedErrorOptions = {}) {
    super(message);
    Object.defineProperty(this, refusalMark, { value: true });
    const mistake = mistakeIn({ message, code, data });
    if (mistake !== undefined) throw refusalMistake(mistake);
    this.code = code;
    this.data = data;
  }
}

/**
 * Returns the refusal that was thrown, with its present values; `undefined` for any other error, and for a refusal that
 * was changed so that it cannot be sent. Never throws.
 */
export function refusalIn(thrown: unknown): RefusedError | undefined {
  if (memberOf(thrown, refusalMark) !== true) return undefined;
  // Read once: a getter or a `toJSON` may answer another value, or throw, the next time.
  const [message, code, given] = parts.map((part) => memberOf(thrown, part));
  const data = given === undefined ? undefined : copyOf(given);
  if (given !== undefined && data === undefined) return undefined;
  const refusal = { message, code, data };
  return isSendable(refusal) ? receivedRefusal(refusal.message, refusal) : undefined;
}

function isSendable(refusal: Readonly<Record<Part, unknown>>): refusal is SendableRefusal {
  return mistakeIn(refusal) === undefined;
}

/** Returns the rule that a refusal breaks, if it cannot be sent. */
function mistakeIn({ message, code, data }: Readonly<Record<Part, unknown>>): string | undefined {
  if (!isText(message, byeMessageBytes)) {
    return `message is a string of at most ${byeMessageBytes} bytes of UTF-8`;
  }
  if (code !== undefined && !isText(code, labelBytes)) {
    return `code is a string of at most ${labelBytes} bytes of UTF-8`;
  }
  if (data === undefined) return undefined;
  const bytes = bytesOf(data);
  if (bytes === undefined) return "data is JSON of at most 128 levels";
  return bytes > refusalDataBytes
    ? `data is JSON of at most ${refusalDataBytes} bytes; this has ${bytes}`
    : undefined;
}

/** Tells whether a value is a string of at most so many bytes of UTF-8. */
function isText(value: unknown, bytes: number): value is string {
  return typeof value === "string" && Buffer.byteLength(value) <= bytes;
}

/** The parts of a refusal that are sent. */
const parts = ["message", "code", "data"] as const;

type Part = (typeof parts)[number];

interface SendableRefusal {
  readonly message: string;
  readonly code: string | undefined;
  readonly data: unknown;
}

/** Counts the bytes of a value as JSON, `undefined` if it is none. */
function bytesOf(data: unknown): number | undefined {
  const copy = copyOf(data);
  if (copy === undefined || !isFlat(copy, maxRefusalLevels)) return undefined;
  return Buffer.byteLength(JSON.stringify(copy));
}

/** Returns the value that JSON makes of another, `undefined` if it cannot. */
function copyOf(data: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(data)) as unknown;
  } catch {
    return undefined;
  }
}

const maxRefusalLevels = 128;

function isFlat(data: unknown, levels: number): boolean {
  if (typeof data !== "object" || data === null) return true;
  return levels > 0 && Object.values(data).every((element) => isFlat(element, levels - 1));
}

function refusalMistake(rule: string): IPCError {
  return new IPCError("IPC_INVALID_OPTION", `A RefusedError cannot be sent: its ${rule}.`);
}

/** The error of a client whose session the server ended before it was open. */
export function refusedByServer({ reason, message, refusal }: SessionEnd): IPCError {
  const closing = reason === "server-closing";
  const code = closing ? "IPC_SERVER_CLOSING" : "IPC_REFUSED_BY_SERVER";
  const why = message === undefined ? reason : quoted(message, byeMessageBytes);
  const text = `The server refused the session: ${why}`;
  if (closing) return new IPCError(code, `${text}.`);
  return new IPCError(code, `${text}.`, { cause: receivedRefusal(message ?? reason, refusal) });
}

function receivedRefusal(message: string, { code, data }: Refusal = {}): RefusedError {
  const refusal = new RefusedError(message, { code });
  Object.defineProperty(refusal, "data", { value: data, enumerable: true });
  return refusal;
}
