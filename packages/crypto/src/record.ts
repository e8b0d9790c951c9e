import { CryptoError } from "./error.ts";
import type { TrafficKey } from "./traffic-key.ts";

/**
 * The four bytes in front of every record, which are also its associated data.
 *
 *     0x17 | length u24 | AES-256-GCM(content | type) | tag 16
 *                         `----- length bytes: the body -----´
 */
export const RECORD_PREFIX = 0x17;

/** Bytes of a record's header. */
export const RECORD_HEADER_BYTES = 4;

/** Most bytes of content in one record: larger ones are hardly faster and more is held unverified. */
export const MAX_RECORD_CONTENT = 65_536;

/** Bytes of a record's body beyond its content: the type and the tag. */
export const RECORD_BODY_OVERHEAD = 17;

/** Most bytes of a record's body. */
export const MAX_RECORD_BODY: number = MAX_RECORD_CONTENT + RECORD_BODY_OVERHEAD;

/** Bytes of an authentication tag. */
export const TAG_BYTES = 16;

/** The types of a record's content; the numbers are those of TLS 1.3 (RFC 8446, 5.1 and 4). */
export const RECORD_TYPE = { alert: 21, handshake: 22, data: 23, keyUpdate: 24 } as const;

const sharedHeader = Buffer.of(RECORD_PREFIX, 0, 0, 0);

/** The header of a body of so many bytes; the same four bytes are overwritten by the next call. */
export function recordHeader(bodyLength: number): Buffer {
  sharedHeader.writeUIntBE(bodyLength, 1, 3);
  return sharedHeader;
}

/** A whole record, from header to tag, for the rare types: Finished, alert, key update. */
export function sealRecord(key: TrafficKey, type: number, content: Uint8Array): Buffer {
  const head = Buffer.from(recordHeader(content.length + RECORD_BODY_OVERHEAD));
  const cipher = key.cipher();
  cipher.setAAD(head);
  const sealed = cipher.update(Buffer.concat([content, Uint8Array.of(type)]));
  cipher.final();
  return Buffer.concat([head, sealed, cipher.getAuthTag()]);
}

/**
 * Decrypts and verifies one body, whose associated data is its header, to its content and the type byte
 * behind it. Throws `IPC_RECORD_CORRUPT`.
 */
export function openRecord(key: TrafficKey, header: Uint8Array, body: Uint8Array): Buffer {
  const { sequence } = key;
  const tagAt = body.length - TAG_BYTES;
  const decipher = key.decipher();
  decipher.setAAD(header);
  const plaintext = decipher.update(body.subarray(0, tagAt));
  decipher.setAuthTag(body.subarray(tagAt));
  try {
    decipher.final();
  } catch {
    // OpenSSL's own error says nothing more and differs between versions.
    throw new CryptoError("IPC_RECORD_CORRUPT", { sequence });
  }
  return plaintext;
}

/** Throws `IPC_RECORD_SIZE` unless a body of this length can be a record. */
export function checkBodyLength(length: number, most: number): void {
  if (length < RECORD_BODY_OVERHEAD || length > most) {
    throw new CryptoError("IPC_RECORD_SIZE", { length, least: RECORD_BODY_OVERHEAD, most });
  }
}
