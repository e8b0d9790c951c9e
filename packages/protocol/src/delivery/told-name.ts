import { Buffer } from "node:buffer";
import { endOfString } from "./end-of-string.ts";
import { identify } from "./identify.ts";

const quote = 0x22;
const comma = 0x2c;

/** How many labels stand before the application's name of an event, by the library's own name for it. */
const labels: Readonly<Record<string, number>> = { "ipc:to": 1, "ipc:from": 2 };

/**
 * The name under which an application knows an event of our own, read off its first bytes;
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
