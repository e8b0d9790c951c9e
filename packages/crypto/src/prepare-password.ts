import { CryptoError } from "./crypto-error.ts";

/** Most bytes of a password after preparation: room for any key file, far from what blocks a process. */
export const MAX_PASSWORD_BYTES = 65_536;

/**
 * The bytes a password stands for, in memory of their own that the caller may overwrite.
 *
 * A string is prepared as an OpaqueString (RFC 8265, 4.2.2): non-ASCII spaces become U+0020, then NFC.
 * Refused are the empty one, control characters and lone surrogates. Unassigned code points pass,
 * because what is assigned differs between versions of Node. Bytes are taken as they are.
 *
 * Throws `IPC_PASSWORD_INVALID`.
 */
export function preparePassword(password: string | Uint8Array): Buffer {
  const prepared =
    typeof password === "string" ? prepareText(password) : Buffer.from(copyOf(password));
  if (prepared.length === 0) refuse("it is empty");
  if (prepared.length > MAX_PASSWORD_BYTES) {
    prepared.fill(0);
    refuse(`it is longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
  return prepared;
}

function prepareText(password: string): Buffer {
  if (password.length > MAX_PASSWORD_BYTES) refuse(`it is longer than ${MAX_PASSWORD_BYTES} bytes`);
  if (/\p{Cc}/u.test(password)) refuse("it has a control character, such as a line feed, in it");
  if (/\p{Surrogate}/u.test(password)) refuse("it has half of a surrogate pair in it");
  return Buffer.from(password.replaceAll(/\p{Zs}/gu, " ").normalize("NFC"), "utf8");
}

function copyOf(password: unknown): Uint8Array {
  if (!isBytes(password)) refuse("it is neither a string nor a Uint8Array");
  // Buffer.from(bytes) may take its memory from the pool all buffers share; a secret gets its own.
  return Uint8Array.from(password);
}

// By its tag, since bytes may be of another realm.
function isBytes(value: unknown): value is Uint8Array {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]"
  );
}

function refuse(reason: string): never {
  throw new CryptoError("IPC_PASSWORD_INVALID", { reason });
}
