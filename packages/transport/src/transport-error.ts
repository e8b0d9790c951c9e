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
