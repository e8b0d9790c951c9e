import { checkOptions, type OptionNames } from "./check-options.ts";
import { CryptoError } from "./crypto-error.ts";
import { ENVELOPE_HEADER_BYTES, decodeEnvelopeHeader } from "./envelope.ts";
import { envelopeKeys } from "./envelope-keys.ts";
import { equalSecrets, gcmDecipher } from "./primitives.ts";
import { TAG_BYTES } from "./record.ts";
import { DEFAULT_ENVELOPE_BYTES, checkEnvelopeSize } from "./seal.ts";

/** Settings of `open`. */
export interface OpenOptions {
  /** Most bytes of the message: 0 to 1 GiB, 64 MiB by default. */
  readonly maxBytes?: number;
}

const openOptions: OptionNames<OpenOptions> = { maxBytes: true };

/**
 * Decrypts what `seal` made and returns the message; nothing of it is returned before all is verified.
 *
 * Rejects, before any key is computed, with `IPC_ENVELOPE_INVALID`, `IPC_ENVELOPE_VERSION`,
 * `IPC_ENVELOPE_TRUNCATED`, `IPC_ENVELOPE_TOO_LARGE`, `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`, `IPC_PASSWORD_INVALID`; then
 * with `IPC_ENVELOPE_PASSWORD` for another password or a damaged salt or commitment, and with
 * `IPC_ENVELOPE_CORRUPT` if the password is right and anything else was altered.
 */
export async function open(
  envelope: Uint8Array,
  password: string | Uint8Array,
  options: OpenOptions = {},
): Promise<Buffer> {
  checkOptions("open", options, openOptions);
  const { maxBytes = DEFAULT_ENVELOPE_BYTES } = options;
  checkEnvelopeSize(decodeEnvelopeHeader(envelope).length, maxBytes);
  // Taken before anything is awaited: the caller may change the buffer afterwards.
  const bytes = Buffer.from(envelope);
  const { salt, commitment } = decodeEnvelopeHeader(bytes);
  const keys = await envelopeKeys(password, salt);
  if (!equalSecrets(keys.commitment, commitment)) {
    throw new CryptoError("IPC_ENVELOPE_PASSWORD", undefined);
  }
  const decipher = gcmDecipher(keys.key, keys.nonce);
  decipher.setAAD(bytes.subarray(0, ENVELOPE_HEADER_BYTES));
  const message = decipher.update(bytes.subarray(ENVELOPE_HEADER_BYTES, -TAG_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    decipher.final();
  } catch {
    message.fill(0);
    throw new CryptoError("IPC_ENVELOPE_CORRUPT", undefined);
  }
  return message;
}
