import { encodeLengthPrefix } from "./encode-length-prefix.ts";
import type { LengthPrefixFormat } from "./length-prefix-format.ts";

/** Encodes a length-prefixed frame as its header and the payload itself, uncopied. Throws as `encodeLengthPrefix` does. */
export function encodeLengthPrefixed(
  payload: Uint8Array,
  format: LengthPrefixFormat = {},
): [header: Uint8Array, payload: Uint8Array] {
  return [encodeLengthPrefix(payload.byteLength, format), payload];
}
