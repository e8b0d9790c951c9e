import { Buffer } from "node:buffer";
import type { Batch } from "./batch.ts";
import { batchLines } from "./batch-lines.ts";

const star = 0x2a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const leftBracket = 0x5b;
const backslash = 0x5c;

/**
 * Identifies a message of this side by its first bytes: an event's name, a call's id, or `undefined`
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

/** The name of an event of this side, read off its first bytes; `undefined` for what is no event. */
export function eventNameOf(message: Uint8Array): string | undefined {
  const name = identify(message);
  return typeof name === "string" ? name : undefined;
}

/** Where the JSON string that begins at `start` is over. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

/** The ids of the calls in batches. */
export function callIdsIn(batches: readonly Batch[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const batch of batches) {
    for (const line of batchLines(batch)) {
      const what = identify(line);
      if (typeof what === "number") ids.add(what);
    }
  }
  return ids;
}
