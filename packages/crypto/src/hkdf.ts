import { hmac, type HashName, type KeyObject } from "./primitives.ts";

/** HKDF-Extract (RFC 5869, 2.2): a pseudorandom key as long as the hash. */
export function hkdfExtract(hash: HashName, salt: Uint8Array, inputKey: Uint8Array): Buffer {
  return hmac(hash, salt, inputKey);
}

/** HKDF-Expand (RFC 5869, 2.3) to `length` bytes, at most 255 times the hash's length. */
export function hkdfExpand(
  hash: HashName,
  key: KeyObject | Uint8Array,
  info: Uint8Array,
  length: number,
): Buffer {
  const blocks: Buffer[] = [];
  let block: Buffer = Buffer.alloc(0);
  let made = 0;
  while (made < length) {
    if (blocks.length === 255) throw new RangeError("HKDF gives at most 255 blocks");
    block = hmac(hash, key, block, info, Uint8Array.of(blocks.length + 1));
    blocks.push(block);
    made += block.length;
  }
  const output = Buffer.concat(blocks, length);
  for (const used of blocks) used.fill(0);
  return output;
}

/** The hash and the label prefix of a key schedule. */
export interface LabelSuite {
  readonly hash: HashName;
  readonly prefix: string;
}

/** The suite of this protocol: TLS 1.3's schedule under its own prefix, as DTLS 1.3 has one. */
export const IPC_SUITE: LabelSuite = { hash: "sha384", prefix: "ipc1  " };

/**
 * HKDF-Expand-Label (RFC 8446, 7.1).
 *
 *     info = length u16 | u8 len | prefix | label | u8 len | context
 */
export function expandLabel(
  suite: LabelSuite,
  secret: KeyObject | Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Buffer {
  const name = Buffer.from(suite.prefix + label, "latin1");
  const info = Buffer.concat([
    Uint8Array.of(length >> 8, length & 255, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  ]);
  return hkdfExpand(suite.hash, secret, info, length);
}
