import { Buffer } from "node:buffer";

const star = 0x2a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const leftBracket = 0x5b;
const backslash = 0x5c;

/**
 * What a message of our own is, read off its first bytes: an event's name, a call's id, or `undefined`
 * for a reply or a cancellation.
 */
export function identify(message: Uint8Array): string | number | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const start = bytes[0] === star ? bytes.indexOf(space) + 1 : 0;
  if (bytes[start] !== leftBracket) return undefined;
  if (bytes[start + 1] !== quote) {
    return Number(bytes.toString("latin1", start + 1, bytes.indexOf(comma, start)));
  }
  const end = endOfString(bytes, start + 1);
  return String(JSON.parse(bytes.toString("utf8", start + 1, end)));
}

/** Where the JSON string that begins at `start` is over. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}
