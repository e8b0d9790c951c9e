import { checkInteger } from "./check-integer.ts";
import type { OptionNames } from "./check-options.ts";

/**
 * The shape of a length-prefixed frame.
 *
 * ```
 *   +----------------+-----------------------------+---------------------+
 *   | prefix (0..)   | length (1 to 4 bytes, BE)   | payload             |
 *   +----------------+-----------------------------+---------------------+
 * ```
 */
export interface LengthPrefixFormat {
  /** Bytes that begin every frame, such as a type and version. Default none. */
  readonly prefix?: Uint8Array;
  /** Bytes of the length, which is big endian and counts the payload alone. Default 4. */
  readonly lengthBytes?: 1 | 2 | 3 | 4;
}

/** The names of what a format says. */
export const FORMAT_NAMES: OptionNames<LengthPrefixFormat> = { prefix: true, lengthBytes: true };

/** Answers `format.lengthBytes` or its default. Throws `IPC_FRAMING_INVALID_OPTION`. */
export function lengthBytesOf(format: LengthPrefixFormat): number {
  return checkInteger("lengthBytes", format.lengthBytes ?? 4, 1, 4);
}
