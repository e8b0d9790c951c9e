import { ProtocolError, type SessionEnd } from "@ipc/protocol";
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

/** The code of any error of this library or of the system, `undefined` for others. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const finalCodes: ReadonlySet<string> = new Set([
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
 * Tell whether dialling again would meet the same error: somebody must change something first. What
 * another user of the machine has caused is never final, or any could end a client for good.
 */
export function isFinal(error: unknown): boolean {
  const byOthers = error instanceof TransportError && error.byOthers;
  return finalCodes.has(codeOf(error) ?? "") && !byOthers;
}

const passingCodes: ReadonlySet<string> = new Set(["EAGAIN", "EBUSY", "IPC_TOO_MANY_HANDSHAKES"]);

/** Tell whether an error is one of a busy moment: the server lives and has no place just now. */
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

/** Tell whether a connection may have failed because its time was over before the session was open. */
export function endsByTime(error: unknown): boolean {
  if (codesOfTime.has(codeOf(error) ?? "")) return true;
  return error instanceof ProtocolError && error.context["refusal"] === "IPC_HANDSHAKE_TIMEOUT";
}

/** Tell whether an error means that nobody serves at the endpoint. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/** The error of a client whose session the server ended before it was open. */
export function refusedByServer(end: SessionEnd): IPCError {
  const closing = end.reason === "server-closing";
  const code = closing ? "IPC_SERVER_CLOSING" : "IPC_REFUSED_BY_SERVER";
  return new IPCError(code, `The server refused the session: ${end.message ?? end.reason}`);
}
