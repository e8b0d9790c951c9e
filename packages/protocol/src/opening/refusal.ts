import type { CloseReason } from "../close-reason.ts";
import { ProtocolError, type ProtocolErrorCode } from "../error.ts";

/** The line with which a side gives a peer up and tells why, LF included. */
export function encodeRefusal(code: string): string {
  return `${JSON.stringify({ error: code })}\n`;
}

/** The code with which to tell a peer that an error of this side was the end. */
export function refusalCode(error: Error): string {
  return "code" in error && isKnownForm(error.code) ? error.code : "IPC_REFUSED";
}

/** The error that a peer's refusal becomes on this side. A code of another form is not repeated. */
export function refusalError(code: string): ProtocolError {
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
  ["IPC_TOO_MANY_HANDSHAKES", "authentication"],
  ["IPC_MIDDLEWARE_FAILED", "kicked"],
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
      text: "The server has as many connections that are not accepted yet as it keeps at once, and turned this one away. Connect again in a moment.",
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
