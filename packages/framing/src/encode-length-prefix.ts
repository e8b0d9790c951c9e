import { Buffer } from "node:buffer";
import { checkInteger } from "./check-integer.ts";
import { checkOptions } from "./check-options.ts";
import { FORMAT_NAMES, type LengthPrefixFormat, lengthBytesOf } from "./length-prefix-format.ts";

const NO_PREFIX = new Uint8Array(0);

/**
 * Encodes the header of a payload of `payloadBytes` bytes.
 * Throws `IPC_FRAMING_INVALID_OPTION` if the length does not fit `format.lengthBytes`.
 */
export function encodeLengthPrefix(payloadBytes: number, format: LengthPrefixFormat = {}): Buffer {
  checkOptions(format, FORMAT_NAMES);
  const lengthBytes = lengthBytesOf(format);
  checkInteger("payloadBytes", payloadBytes, 0, 2 ** (8 * lengthBytes) - 1);
  const prefix = format.prefix ?? NO_PREFIX;
  const header = Buffer.allocUnsafe(prefix.byteLength + lengthBytes);
  header.set(prefix, 0);
  header.writeUIntBE(payloadBytes, prefix.byteLength, lengthBytes);
  return header;
}

/** Encodes a length-prefixed frame as its header and the payload itself, uncopied. Throws as `encodeLengthPrefix` does. */
export function encodeLengthPrefixed(
  payload: Uint8Array,
  format: LengthPrefixFormat = {},
): [header: Uint8Array, payload: Uint8Array] {
  return [encodeLengthPrefix(payload.byteLength, format), payload];
}
