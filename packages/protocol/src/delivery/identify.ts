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

/** How many labels stand before the application's name of an event, by the library's own name for it. */
const labels: Readonly<Record<string, number>> = { "ipc:to": 1, "ipc:from": 2 };

/**
 * The name under which an application knows an event of this side, read off its first bytes;
 * `undefined` for what is no event. Of what goes from one client to another it is the name within,
 * unless a codec of the application's own has written that.
 */
export function toldName(message: Uint8Array): string | undefined {
  const name = identify(message);
  if (typeof name !== "string") return undefined;
  const before = labels[name];
  return before === undefined ? name : (nameWithin(message, name, before) ?? name);
}

/** `["ipc:from",["AAEC","Ada","greet",…]]`: the string behind so many others. */
function nameWithin(message: Uint8Array, outer: string, before: number): string | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const opening = `["${outer}",[`;
  let at = bytes.indexOf(opening) + opening.length;
  for (let label = 0; label < before && bytes[at] === quote; label++) {
    at = endOfString(bytes, at);
    if (bytes[at] === comma) at++;
  }
  if (bytes[at] !== quote) return undefined;
  return String(JSON.parse(bytes.toString("utf8", at, endOfString(bytes, at))));
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
