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

/** What a record's content is; the numbers are those of TLS 1.3 (RFC 8446, 5.1 and 4). */
export const RECORD_TYPE = { alert: 21, handshake: 22, data: 23, keyUpdate: 24 } as const;

const header = Buffer.of(RECORD_PREFIX, 0, 0, 0);

/** The header of a body of so many bytes; the same four bytes are overwritten by the next call. */
export function recordHeader(bodyLength: number): Buffer {
  header.writeUIntBE(bodyLength, 1, 3);
  return header;
}

/** One whole record, header to tag, for the rare types: Finished, alert, key update. */
export function sealRecord(key: TrafficKey, type: number, content: Uint8Array): Buffer {
  const head = Buffer.from(recordHeader(content.length + RECORD_BODY_OVERHEAD));
  const cipher = key.cipher();
  cipher.setAAD(head);
  const sealed = cipher.update(Buffer.concat([content, Uint8Array.of(type)]));
  cipher.final();
  return Buffer.concat([head, sealed, cipher.getAuthTag()]);
}
