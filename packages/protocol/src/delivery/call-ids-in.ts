import type { Batch } from "./batch.ts";
import { batchLines } from "./batch-lines.ts";
import { identify } from "./identify.ts";

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
