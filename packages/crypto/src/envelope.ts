import { CryptoError } from "./crypto-error.ts";
import { TAG_BYTES } from "./record.ts";

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
export interface EnvelopeHeader {
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly length: number;
}

/** Bytes of an envelope's header. */
export const ENVELOPE_HEADER_BYTES = 78;

/** Bytes an envelope has more than its message. */
const ENVELOPE_OVERHEAD = ENVELOPE_HEADER_BYTES + TAG_BYTES;

/** Bytes of an envelope's salt. */
export const ENVELOPE_SALT_BYTES = 32;

const MAGIC = Buffer.from("IPCSEAL", "latin1");
const VERSION = 1;

/** The header's bytes. */
export function encodeEnvelopeHeader({ salt, commitment, length }: EnvelopeHeader): Buffer {
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
export function decodeEnvelopeHeader(envelope: Uint8Array): EnvelopeHeader {
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
