import { asBytes, type Batch } from "./batch.ts";

const lineFeed = 0x0a;

/** The messages of a batch, oldest first: its lines, LF included, or the beginning of its only one. */
export function* batchLines(batch: Batch): Generator<Uint8Array> {
  const [first] = batch.chunks;
  if (first === undefined || batch.messages === 0) return;
  if (batch.messages === 1) {
    yield asBytes(first);
    return;
  }
  for (const chunk of batch.chunks) {
    const bytes = asBytes(chunk);
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(lineFeed, at) + 1;
      yield bytes.subarray(at, end);
      at = end;
    }
  }
}
