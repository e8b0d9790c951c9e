import { checkLimit, checkOptions, type OptionNames } from "./check-options.ts";
import { CryptoError } from "./error.ts";
import { hkdfExpand } from "./hkdf.ts";
import { preparePassword, stretchPassword } from "./password.ts";
import {
  equalSecrets,
  gcmCipher,
  gcmDecipher,
  randomBytes,
  takeSecret,
  type KeyObject,
} from "./primitives.ts";
import { TAG_BYTES } from "./record.ts";

/** Most bytes of a message if `maxBytes` is not given, 64 MiB: sealing holds it up to three times in memory. */
const DEFAULT_ENVELOPE_BYTES: number = 64 * 1024 * 1024;

/** Most bytes `maxBytes` may allow, 1 GiB: the message is encrypted in one call that blocks the event loop. */
const MAX_ENVELOPE_BYTES: number = 1024 * 1024 * 1024;

/**
 * The bytes in front of a sealed message; all of them are associated data of its encryption.
 *
 *     offset  bytes
 *          0      7  "IPCSEAL"
 *          7      1  version, 1: PBKDF2-HMAC-SHA256 200,000, HKDF-SHA256, AES-256-GCM
 *          8     32  salt, random
 *         40     32  commitment to password and salt
 *         72      6  length of the message, u48 big-endian
 *         78         ciphertext, as long as the message
 *                16  tag
 */
interface EnvelopeHeader {
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly length: number;
}

/** Bytes of an envelope's header. */
const ENVELOPE_HEADER_BYTES = 78;

/** Bytes an envelope has more than its message. */
const ENVELOPE_OVERHEAD = ENVELOPE_HEADER_BYTES + TAG_BYTES;

/** Bytes of an envelope's salt. */
const ENVELOPE_SALT_BYTES = 32;

const MAGIC = Buffer.from("IPCSEAL", "latin1");
const VERSION = 1;

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

/** The header's bytes. */
function encodeEnvelopeHeader({ salt, commitment, length }: EnvelopeHeader): Buffer {
  const size = Buffer.alloc(6);
  size.writeUIntBE(length, 0, 6);
  return Buffer.concat([MAGIC, Uint8Array.of(VERSION), salt, commitment, size]);
}

/**
 * Reads an envelope's header and checks it against the envelope's size.
 *
 * Throws `IPC_ENVELOPE_INVALID` for other bytes and for bytes after the end, `IPC_ENVELOPE_VERSION`,
 * `IPC_ENVELOPE_TRUNCATED`.
 */
function decodeEnvelopeHeader(envelope: Uint8Array): EnvelopeHeader {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC.subarray(0, bytes.length))) {
    throw new CryptoError("IPC_ENVELOPE_INVALID", { reason: "it does not begin with IPCSEAL" });
  }
  const version = bytes[MAGIC.length];
  if (version !== undefined && version !== VERSION) {
    throw new CryptoError("IPC_ENVELOPE_VERSION", { version });
  }
  if (bytes.length < ENVELOPE_OVERHEAD) truncated(bytes.length, ENVELOPE_OVERHEAD);
  const length = bytes.readUIntBE(72, 6);
  const expected = ENVELOPE_OVERHEAD + length;
  if (bytes.length < expected) truncated(bytes.length, expected);
  if (bytes.length > expected) {
    throw new CryptoError("IPC_ENVELOPE_INVALID", {
      reason: `${bytes.length - expected} bytes follow its end`,
    });
  }
  return { salt: bytes.subarray(8, 40), commitment: bytes.subarray(40, 72), length };
}

function truncated(length: number, expected: number): never {
  throw new CryptoError("IPC_ENVELOPE_TRUNCATED", { length, expected });
}

/**
 * Throws `IPC_ENVELOPE_TOO_LARGE` if a message of this length is not allowed, `IPC_LIMIT_INVALID` if the
 * limit is not.
 */
function checkEnvelopeSize(length: number, limit: number): void {
  checkLimit("maxBytes", limit, 0, MAX_ENVELOPE_BYTES);
  if (length > limit) throw new CryptoError("IPC_ENVELOPE_TOO_LARGE", { length, limit });
}

/** The keys that a password and an envelope's salt become. */
interface EnvelopeKeys {
  readonly key: KeyObject;
  readonly nonce: Buffer;
  readonly commitment: Buffer;
}

/**
 * The keys of one envelope; a salt is used once, so key and nonce are as well.
 *
 *     prk        = PBKDF2-HMAC-SHA256(password, salt, 200000, 32)
 *     commitment = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope commitment", 32)
 *     key        = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope key", 32)
 *     nonce      = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope nonce", 12)
 *
 * Throws `IPC_PASSWORD_INVALID`.
 */
async function envelopeKeys(
  password: string | Uint8Array,
  salt: Uint8Array,
): Promise<EnvelopeKeys> {
  const prepared = preparePassword(password);
  let prk: Buffer;
  try {
    prk = await stretchPassword(prepared, salt);
  } finally {
    prepared.fill(0);
  }
  const expand = (name: string, length: number): Buffer =>
    hkdfExpand("sha256", prk, Buffer.from(`ipc-crypto/1 envelope ${name}`, "latin1"), length);
  const keys = {
    key: takeSecret(expand("key", 32)),
    nonce: expand("nonce", 12),
    commitment: expand("commitment", 32),
  };
  prk.fill(0);
  return keys;
}
