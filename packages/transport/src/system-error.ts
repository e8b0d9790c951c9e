import { type SystemErrorCode, TransportError } from "./transport-error.ts";

/** What was being done when the operating system objected. */
type Action = "listen on" | "dial" | "talk over";

const explanations: Readonly<Record<string, string>> = {
  // listen
  EADDRINUSE: "another process serves it. Stop that process or choose another name.",
  // dial; also a directory that vanished under a server
  ENOENT: "nothing is there. Start the server, and give both sides the same name and directory.",
  ECONNREFUSED: "its server is gone and left the socket behind. Start the server again.",
  // a Linux server whose queue of unaccepted connections is full answers EAGAIN at once
  EAGAIN: "its server is too busy to accept. Try again in a moment.",
  EBUSY: "its server is too busy to accept. Try again in a moment.",
  ETIMEDOUT: "there was no answer in time. Check that the server is not blocked.",
  EACCES: "permission denied. Only the user who owns it may, unless the server sets `mode`.",
  EPERM: "permission denied. The directory or the socket belongs to another user.",
  // the file system
  ENOTDIR: "a file lies where a directory belongs. Remove it or choose another directory.",
  EISDIR: "a directory lies where the socket belongs. Remove it or choose another name.",
  EROFS: "the file system is read-only. Choose another `directory`.",
  ENOSPC: "the file system is full. Free some space or choose another `directory`.",
  ENOTSUP: "the file system has no sockets. Choose a `directory` on a local disk.",
  EOPNOTSUPP: "the file system has no sockets. Choose a `directory` on a local disk.",
  EMFILE: "this process has too many open files. Close some or raise `ulimit -n`.",
  ENFILE: "the system has too many open files.",
  // a live connection: the peer's process ended, or it closed with our bytes unread
  ECONNRESET: "the peer ended without reading everything that was sent.",
  EPIPE: "the peer is gone; what was sent last has not arrived.",
};

/** The `E…` code of an operating system's error, or undefined for anything else. */
export function systemCode(error: unknown): SystemErrorCode | undefined {
  if (!isError(error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && isSystemCode(code) ? code : undefined;
}

/** An operating system's error with its code kept and a message that says what to do. */
export function systemError(action: Action, address: string, cause: unknown): Error {
  const code = systemCode(cause);
  if (code !== undefined && !(cause instanceof TransportError)) {
    const why = explanations[code] ?? (isError(cause) ? cause.message : code);
    return new TransportError(
      code,
      address,
      `Cannot ${action} ${address}: ${why} (${code})`,
      cause,
    );
  }
  return isError(cause) ? cause : new Error(String(cause));
}

/** Tells errors, of whatever realm: Node.js makes its own in one that a test runner's modules are not in. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function isSystemCode(code: string): code is SystemErrorCode {
  return /^E[A-Z0-9]+$/u.test(code) && !code.startsWith("ERR_");
}
