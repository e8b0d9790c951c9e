import type { Buffer } from "node:buffer";

const quote = 0x22;
const backslash = 0x5c;

/** Where the JSON string that begins at `start` is over. */
export function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}
