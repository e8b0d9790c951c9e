import { Buffer } from "node:buffer";
import { endOfString } from "./end-of-string.ts";

const star = 0x2a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const leftBracket = 0x5b;

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
