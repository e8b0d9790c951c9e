/** The context of each error code; `undefined` where there is nothing to add. */
export interface CryptoErrorContexts {
  IPC_PASSWORD_INVALID: { readonly reason: string };
  IPC_REALM_INVALID: { readonly reason: string };
  IPC_LIMIT_INVALID: {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly whole: boolean;
  };
  IPC_INVALID_OPTION: { readonly reason: string };
  IPC_HANDSHAKE_SPENT: undefined;
  IPC_SHARE_INVALID: { readonly reason: string };
  IPC_AUTHENTICATION_FAILED: undefined;
  IPC_GREETING_INVALID: undefined;
  IPC_RECORD_SIZE: { readonly length: number; readonly least: number; readonly most: number };
  IPC_RECORD_CORRUPT: { readonly sequence: number };
  IPC_RECORD_UNEXPECTED: { readonly reason: string };
  IPC_SEQUENCE_EXHAUSTED: { readonly limit: number };
  IPC_TRUNCATED: undefined;
  IPC_CHANNEL_NOT_READY: undefined;
  IPC_CHANNEL_CLOSED: undefined;
  IPC_ENVELOPE_TOO_LARGE: { readonly length: number; readonly limit: number };
  IPC_ENVELOPE_INVALID: { readonly reason: string };
  IPC_ENVELOPE_VERSION: { readonly version: number };
  IPC_ENVELOPE_TRUNCATED: { readonly length: number; readonly expected: number };
  IPC_ENVELOPE_PASSWORD: undefined;
  IPC_ENVELOPE_CORRUPT: undefined;
}

/** The closed set of words a `CryptoError` carries as `code`. */
export type CryptoErrorCode = keyof CryptoErrorContexts;

/** The side that is to blame for an error: the caller of this package, or the peer that made the bytes. */
export type Blame = "caller" | "peer";

const kinds: {
  readonly [C in CryptoErrorCode]: readonly [
    blame: Blame,
    message: (context: CryptoErrorContexts[C]) => string,
  ];
} = {
  IPC_PASSWORD_INVALID: [
    "caller",
    ({ reason }) => `The password cannot be used: ${reason}. Give another one.`,
  ],
  IPC_REALM_INVALID: [
    "caller",
    ({ reason }) => `The realm cannot be used: ${reason}. Give another one.`,
  ],
  IPC_LIMIT_INVALID: [
    "caller",
    ({ name, least, most, whole }) =>
      `The option ${name} is out of its range. Give a ${whole ? "whole number" : "number"} from ${least} to ${most}.`,
  ],
  IPC_INVALID_OPTION: ["caller", ({ reason }) => `The options cannot be used: ${reason}.`],
  IPC_HANDSHAKE_SPENT: [
    "caller",
    () => "This step of the handshake was already taken. Start a new handshake.",
  ],
  IPC_SHARE_INVALID: [
    "peer",
    ({ reason }) => `The peer's key share was refused: ${reason}. Close the connection.`,
  ],
  IPC_AUTHENTICATION_FAILED: [
    "peer",
    () =>
      "The peer did not prove the password: the passwords or the realms of the two sides differ. Compare `password` and `realm` on both.",
  ],
  IPC_GREETING_INVALID: [
    "peer",
    () =>
      "The peer does not speak this protocol, or has the same role as this side. Close the connection.",
  ],
  IPC_RECORD_SIZE: [
    "peer",
    ({ length, least, most }) =>
      `The peer sent a record of ${length} bytes where ${least} to ${most} are allowed. Close the connection.`,
  ],
  IPC_RECORD_CORRUPT: [
    "peer",
    ({ sequence }) =>
      `Record ${sequence} under this key is not the one that was sent: it was altered, repeated, reordered or lost on the way. Close the connection.`,
  ],
  IPC_RECORD_UNEXPECTED: [
    "peer",
    ({ reason }) => `The peer sent a record out of place: ${reason}. Close the connection.`,
  ],
  IPC_SEQUENCE_EXHAUSTED: [
    "peer",
    ({ limit }) =>
      `The peer used one key for more than ${limit} records without updating it. Close the connection.`,
  ],
  IPC_TRUNCATED: [
    "peer",
    () =>
      "The connection ended without the last record of the peer: its process has ended, or the end was cut off. The last messages may be missing. Connect again.",
  ],
  IPC_CHANNEL_NOT_READY: [
    "caller",
    () => "The handshake has not ended yet. Wait until the stream is ready.",
  ],
  IPC_CHANNEL_CLOSED: [
    "caller",
    () => "The keys of this channel are gone: it was closed or has failed. Connect again.",
  ],
  IPC_ENVELOPE_TOO_LARGE: [
    "caller",
    ({ length, limit }) =>
      `The message has ${length} bytes, ${limit} are allowed. Raise maxBytes or split it.`,
  ],
  IPC_ENVELOPE_INVALID: [
    "peer",
    ({ reason }) => `This is not a sealed message: ${reason}. Look for the right file.`,
  ],
  IPC_ENVELOPE_VERSION: [
    "peer",
    ({ version }) =>
      `The sealed message has version ${version}, this program reads version 1. Update the program.`,
  ],
  IPC_ENVELOPE_TRUNCATED: [
    "peer",
    ({ length, expected }) =>
      `The sealed message has ${length} bytes, at least ${expected} are needed. Fetch it again.`,
  ],
  IPC_ENVELOPE_PASSWORD: [
    "peer",
    () =>
      "The password is not the one the message was sealed with, or the header of the message is damaged. Check the password first.",
  ],
  IPC_ENVELOPE_CORRUPT: [
    "peer",
    () => "The password is right, but the sealed message was altered. Fetch it again.",
  ],
};

/** The arguments that go together: a code and its own context. */
type CryptoErrorArguments<C extends CryptoErrorCode = CryptoErrorCode> = {
  [K in C]: [code: K, context: CryptoErrorContexts[K], cause?: unknown];
}[C];

/**
 * Every error this package throws: a code from a closed set, the side at fault, and typed context. No secret
 * is ever part of it.
 */
export class CryptoError extends Error {
  override readonly name = "CryptoError";
  readonly code: CryptoErrorCode;
  readonly blame: Blame;
  readonly context: CryptoErrorContexts[CryptoErrorCode];

  constructor(...args: CryptoErrorArguments) {
    const [code, context, cause] = args;
    super(describe(args), cause === undefined ? undefined : { cause });
    this.code = code;
    this.blame = kinds[code][0];
    this.context = context;
  }

  /** Tells whether the error has this code; `context` is then typed accordingly. */
  is<C extends CryptoErrorCode>(
    code: C,
  ): this is { readonly code: C; readonly context: CryptoErrorContexts[C] } {
    return this.code === code;
  }
}

function describe<C extends CryptoErrorCode>(args: CryptoErrorArguments<C>): string {
  const [, message] = kinds[args[0]];
  return message(args[1]);
}
