import type { Batch } from "./batch.ts";
import { batchLines } from "./batch-lines.ts";
import type { Drops } from "./drops.ts";
import { eventNameOf } from "./identify.ts";

/**
 * Take events out of a batch, oldest first, until `bytes` are free. Calls, replies and cancellations
 * stay: a policy drops events only.
 */
export function dropEvents(batch: Batch, bytes: number, drops: Drops): void {
  const kept: Uint8Array[] = [];
  let [freed, dropped, passed] = [0, 0, 0];
  for (const line of batchLines(batch)) {
    if (freed >= bytes) break;
    const size = batch.messages === 1 ? batch.size : line.length;
    const name = eventNameOf(line);
    if (name !== undefined) {
      drops.add(name, "queue-full");
      freed += size;
      dropped++;
    } else {
      kept.push(line);
    }
    passed += size;
  }
  if (dropped === 0) return;
  batch.chunks = [...kept, ...behind(batch, passed)];
  batch.size -= freed;
  batch.messages -= dropped;
}

/** The chunks of a batch behind so many bytes, uncopied. */
function behind(batch: Batch, bytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let at = 0;
  for (const chunk of batch.chunks) {
    if (typeof chunk === "string") continue;
    const start = Math.max(0, bytes - at);
    if (start < chunk.byteLength) rest.push(chunk.subarray(start));
    at += chunk.byteLength;
  }
  return rest;
}
