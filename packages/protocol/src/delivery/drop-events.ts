import { Buffer } from "node:buffer";
import type { Batch } from "./batch.ts";
import type { Drops } from "./drops.ts";

const eventLine = /^\[("(?:[^"\\]|\\.)*")/;
const frameHeader = /^\*[0-9,]+ /;

/**
 * Take events out of a batch, oldest first, until `bytes` are free. Calls, replies and cancellations
 * stay: a policy drops events only.
 */
export function dropEvents(batch: Batch, bytes: number, drops: Drops): void {
  const first = batch.chunks[0] ?? "";
  const text = typeof first === "string" ? first : Buffer.from(first).toString("utf8");
  if (batch.messages === 1) {
    const event = eventOf(text.replace(frameHeader, ""));
    if (event === undefined) return;
    drops.add(event, "queue-full");
    batch.chunks = [];
    batch.size = 0;
    batch.messages = 0;
    return;
  }
  let freed = 0;
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const event = freed < bytes ? eventOf(line) : undefined;
    if (event === undefined) {
      kept.push(line);
    } else {
      drops.add(event, "queue-full");
      freed += Buffer.byteLength(line) + 1;
    }
  }
  const rest = Buffer.from(kept.join("\n"));
  batch.chunks = rest.length === 0 ? [] : [rest];
  batch.size = rest.length;
  batch.messages = kept.length - 1;
}

/** The name of the event in a line of our own; `undefined` if it is a call, a reply or a cancellation. */
function eventOf(line: string): string | undefined {
  const name = eventLine.exec(line)?.[1];
  return name === undefined ? undefined : String(JSON.parse(name));
}
