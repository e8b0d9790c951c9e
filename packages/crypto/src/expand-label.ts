import { hkdfExpand } from "./hkdf.ts";
import type { HashName, KeyObject } from "./primitives.ts";

/** Which hash and which label prefix a key schedule uses. */
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
