import { checkOptions, type OptionNames } from "./check-options.ts";
import { checkLimit } from "./check-limit.ts";
import { CryptoError } from "./crypto-error.ts";
import { ENVELOPE_SALT_BYTES, encodeEnvelopeHeader } from "./envelope.ts";
import { envelopeKeys } from "./envelope-keys.ts";
import { gcmCipher, randomBytes } from "./primitives.ts";

/** Most bytes of a message if `maxBytes` is not given, 64 MiB: sealing holds it up to three times in memory. */
export const DEFAULT_ENVELOPE_BYTES: number = 64 * 1024 * 1024;

/** Most bytes `maxBytes` may allow, 1 GiB: the message is encrypted in one call that blocks the event loop. */
export const MAX_ENVELOPE_BYTES: number = 1024 * 1024 * 1024;

/** Settings of `seal`. */
export interface SealOptions {
  /** Most bytes of the message: 0 to 1 GiB, 64 MiB by default. */
  readonly maxBytes?: number;
  /** The salt's source, for test vectors only: a salt used twice for one password reveals both messages. */
  readonly randomBytesForTesting?: (length: number) => Uint8Array;
}

const sealOptions: OptionNames<SealOptions> = { maxBytes: true, randomBytesForTesting: true };

/**
 * Encrypts one message or file under a password, into an envelope 94 bytes longer than it. A string is
 * sealed as UTF-8.
 *
 * Unlike a connection, an envelope can be attacked offline: 200,000 iterations of
 * PBKDF2 are all that a guess costs, so the password must be a strong one.
 * Rejects with `IPC_PASSWORD_INVALID`, `IPC_ENVELOPE_TOO_LARGE`, `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`.
 */
export async function seal(
  message: string | Uint8Array,
  password: string | Uint8Array,
  options: SealOptions = {},
): Promise<Buffer> {
  checkOptions("seal", options, sealOptions);
  const { maxBytes = DEFAULT_ENVELOPE_BYTES, randomBytesForTesting = randomBytes } = options;
  checkEnvelopeSize(
    typeof message === "string" ? Buffer.byteLength(message) : message.length,
    maxBytes,
  );
  // Taken before anything is awaited: the caller may change the buffer afterwards.
  const content = Buffer.from(message);
  const salt = randomBytesForTesting(ENVELOPE_SALT_BYTES);
  const { key, nonce, commitment } = await envelopeKeys(password, salt);
  const header = encodeEnvelopeHeader({ salt, commitment, length: content.length });
  const cipher = gcmCipher(key, nonce);
  cipher.setAAD(header);
  const ciphertext = cipher.update(content);
  cipher.final();
  return Buffer.concat([header, ciphertext, cipher.getAuthTag()]);
}

/**
 * Throws `IPC_ENVELOPE_TOO_LARGE` if a message of this length is not allowed, `IPC_LIMIT_INVALID` if the
 * limit is not.
 */
export function checkEnvelopeSize(length: number, limit: number): void {
  checkLimit("maxBytes", limit, 0, MAX_ENVELOPE_BYTES);
  if (length > limit) throw new CryptoError("IPC_ENVELOPE_TOO_LARGE", { length, limit });
}
