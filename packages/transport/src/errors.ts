import { posix } from "node:path";

/** The codes of what this layer itself refuses; a closed set. The README's table explains each. */
export type TransportErrorCode =
  | "IPC_ACCESS_DENIED"
  | "IPC_DESCRIPTOR_NAME"
  | "IPC_DIRECTORY_REFUSED"
  | "IPC_ENDPOINT_NAME"
  | "IPC_ENDPOINT_TOO_LONG"
  | "IPC_LISTEN_PID"
  | "IPC_NOT_A_SOCKET"
  | "IPC_NOT_INHERITED"
  | "IPC_SECRET_REFUSED"
  | "IPC_TRANSPORT_OPTION"
  | "IPC_WRONG_OWNER";

/** The operating system's own codes, which are kept: `EADDRINUSE`, `ENOENT`, `ECONNRESET`, … */
export type SystemErrorCode = `E${string}`;

/** Every error of this layer: its own refusals, and the operating system's errors in clear words. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode | SystemErrorCode;
  /** The name, socket path, pipe name or directory the error is about. */
  readonly address: string;
  /**
   * True when another user of the machine is the cause, whose file or directory is in the way: it
   * may go as it came, so a later attempt can succeed without a change of one's own.
   */
  readonly byOthers: boolean;

  constructor(
    code: TransportErrorCode | SystemErrorCode,
    address: string,
    message: string,
    cause?: unknown,
    byOthers = false,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.address = address;
    this.byOthers = byOthers;
  }
}

/** The action that the operating system refused. */
type Action = "accept connections on" | "listen on" | "dial" | "talk over";

/** The meaning of a code for any action, and what to do. */
const explanations: Readonly<Record<string, string>> = {
  EACCES:
    "this user may not use it. Look at the permissions of the socket and of its directories; a server sets those of the socket with `mode`.",
  EPERM:
    "the system refuses it to this process. The directory or the socket belongs to another user, or a sandbox forbids it.",
  ENOTDIR: "a part of its path is a file and no directory. Choose another `directory`.",
  EMFILE:
    "this process has as many open files as it may. Close some, or raise the limit (`ulimit -n`).",
  ENFILE: "the system has as many open files as it can. Close some, or raise the system's limit.",
  // a live connection: the peer's process ended, or it closed with our bytes unread
  ECONNRESET: "the peer ended without reading everything that was sent.",
  EPIPE: "the peer is gone; what was sent last has not arrived.",
};

const ofServer: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "another process serves it. Stop that server, wait for it with `timeout`, or choose another name.",
  // a directory that does not exist, or vanished under a server
  ENOENT: "its directory does not exist. Create the directory, or choose another `directory`.",
  EACCES:
    "this user may not write in its directory. Change the owner or the mode of the directory, or choose another `directory`.",
  EPERM:
    "the system does not let this process write in its directory. The directory belongs to another user, or a sandbox forbids it. Choose another `directory`.",
  EISDIR: "a directory has the name of the socket. Choose another name.",
  EROFS: "the file system is read-only. Choose another `directory`.",
  ENOSPC: "the file system is full. Free some space, or choose another `directory`.",
  ENOTSUP: "the file system has no sockets. Choose a `directory` on a local disk.",
  EOPNOTSUPP: "the file system has no sockets. Choose a `directory` on a local disk.",
};

const ofClient: Readonly<Record<string, string>> = {
  ENOENT:
    "no socket is there. Start the server, and give both sides the same name, user and `directory`.",
  ECONNREFUSED:
    "the socket is there, and no server listens on it: its process ended without removing it. Start the server again.",
  // a Linux server whose queue of unaccepted connections is full answers EAGAIN at once
  EAGAIN: "its server is too busy to accept. Try again in a moment.",
  EBUSY: "its server is too busy to accept. Try again in a moment.",
  ETIMEDOUT: "there was no answer in time. Check that the server is not blocked.",
};

/**
 * An operating system's error with its code kept and a message that says what to do, and a refusal
 * of the runtime's permissions as `IPC_ACCESS_DENIED`. Any other error is answered as it is.
 */
export function systemError(action: Action, address: string, cause: unknown): Error {
  if (cause instanceof TransportError) return cause;
  const refusal = refusalIn(cause);
  if (refusal !== undefined) {
    return new TransportError(
      "IPC_ACCESS_DENIED",
      refusal.resource ?? address,
      `Cannot ${action} ${address}: ${refusal.runtime} refuses this process ${refusal.access}. ${adviceFor(action, address, refusal.runtime)}`,
      cause,
    );
  }
  const code = systemCode(cause);
  if (code !== undefined) {
    const why = explain(action, code) ?? (isError(cause) ? cause.message : code);
    return new TransportError(
      code,
      address,
      `Cannot ${action} ${address}: ${why} (${code})`,
      cause,
    );
  }
  return isError(cause) ? cause : new Error(String(cause));
}

/** The error that the system would report with a code: what is in memory has no system beneath it. */
export function simulatedError(action: Action, address: string, code: SystemErrorCode): Error {
  return systemError(action, address, Object.assign(new Error(code), { code }));
}

/** Returns the explanation of a code for an action. */
function explain(action: Action, code: string): string | undefined {
  const own = action === "dial" ? ofClient : action === "talk over" ? undefined : ofServer;
  return own?.[code] ?? explanations[code];
}

/** A refusal by the permissions of a runtime: another attempt would be refused as well. */
interface Refusal {
  readonly runtime: "Node.js" | "Deno";
  /** The refused access, in words. */
  readonly access: string;
  /** The path that it is about, if the runtime says which. */
  readonly resource: string | undefined;
}

/** The refusal of `node --permission` or of Deno in an error. */
function refusalIn(cause: unknown): Refusal | undefined {
  if (!isError(cause)) return undefined;
  if ("code" in cause && cause.code === "ERR_ACCESS_DENIED") {
    // A connection is refused without a word about which permission.
    const access = "permission" in cause ? String(cause.permission) : "Net";
    const resource = "resource" in cause ? String(cause.resource) : "";
    if (resource === "") return { runtime: "Node.js", access, resource: undefined };
    return { runtime: "Node.js", access: `${access} of ${resource}`, resource };
  }
  if (cause.name !== "NotCapable") return undefined;
  const [, access = "access", quotedResource] =
    /^Requires (\w+ access)(?: to "([^"]*)")?/u.exec(cause.message) ?? [];
  const isPath = quotedResource?.startsWith("/") === true;
  const of = quotedResource === undefined ? "" : ` to ${quotedResource}`;
  return {
    runtime: "Deno",
    access: `${access}${of}`,
    resource: isPath ? quotedResource : undefined,
  };
}

/** The advice: all flags that listening or dialling needs, as the README lists them. */
function adviceFor(action: Action, address: string, runtime: Refusal["runtime"]): string {
  const isPath = posix.isAbsolute(address);
  const directory = isPath ? posix.dirname(address) : "<directory>";
  // Other places are tried when no directory is given.
  const start = isPath
    ? "Start it with"
    : "Give both sides the same `directory`, and start it with";
  if (runtime === "Deno") {
    return `${start} --allow-read=${directory} --allow-write=${directory} --allow-net --allow-sys=uid; without \`directory\` also with --allow-env=IPC_EVENTER_DIR.`;
  }
  const write = action === "dial" ? "" : ` --allow-fs-write=${directory}`;
  return `${start} --allow-fs-read=${directory}${write}; from Node.js 25 on also with --allow-net.`;
}

/** The `E…` code of an operating system's error, or undefined for anything else. */
export function systemCode(error: unknown): SystemErrorCode | undefined {
  const code = isError(error) ? codeOf(error) : undefined;
  return code !== undefined && isSystemCode(code) ? code : undefined;
}

function isSystemCode(code: string): code is SystemErrorCode {
  return /^E[A-Z0-9]+$/u.test(code) && !code.startsWith("ERR_");
}

/** The code of an error of this layer, of the system or of the runtime; undefined for a mistake of ours. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Tells whether a value is an error of any realm: Node.js makes its own in another one than a test runner's modules. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
