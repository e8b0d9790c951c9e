import { Buffer } from "node:buffer";
import type { Batch } from "./batch.ts";
import { batchLines } from "./batch-lines.ts";
import { callIdsIn } from "./call-ids-in.ts";
import { identify } from "./identify.ts";
import { termsOfCall } from "./terms-of-call.ts";

const star = 0x2a;
const space = 0x20;

/** How an answer begins: a reply, or what the reader of a stream says. */
const answer = /^\{"(?:reply":|stream":\{"id":\d+,"(?:credit|cancel)":)/;
const cancellation = /^\{"cancel":(\d+)\}/;

/** Characters that tell an answer from everything else. */
const tellingLength = 64;

/** What waits on a lane that is to send answers alone. */
export interface Apart {
  readonly answers: readonly Batch[];
  readonly held: readonly Batch[];
}

/**
 * Tell answers and cancellations from what begins something new: events, calls, chunks of streams. A
 * call that waits is from then on a batch that can be withdrawn; one that was given up is left out.
 */
export function setApart(batches: readonly Batch[]): Apart {
  const answers: Batch[] = [];
  const held: Batch[] = [];
  const calls = callIdsIn(batches);
  const givenUp = new Set(batches.flatMap((batch) => cancelledIn(batch)));
  for (const batch of batches) {
    if (batch.mark !== undefined) held.push(batch);
    for (const [part, kind] of cut(batch)) {
      if (typeof kind === "number" && givenUp.has(kind)) continue;
      if (cancelledIn(part).some((id) => calls.has(id))) continue;
      (kind === "answer" ? answers : held).push(part);
    }
  }
  return { answers, held };
}

/** What a message is: an event or a chunk of a stream, the call of an id, or an answer or cancellation. */
type Kind = "new" | "answer" | number;

/** The events of a batch in runs, and all else alone. */
function* cut(batch: Batch): Generator<readonly [Batch, Kind]> {
  let run: Uint8Array[] = [];
  for (const line of batchLines(batch)) {
    const kind = kindOf(line);
    if (batch.messages === 1) {
      yield [typeof kind === "number" ? { ...batch, terms: termsOfCall(kind) } : batch, kind];
    } else if (kind === "new") {
      run.push(line);
    } else {
      if (run.length > 0) yield [joined(run), "new"];
      run = [];
      const terms = typeof kind === "number" ? termsOfCall(kind) : undefined;
      yield [{ ...joined([line]), terms }, kind];
    }
  }
  if (run.length > 0) yield [run.length === batch.messages ? batch : joined(run), "new"];
}

function joined(lines: readonly Uint8Array[]): Batch {
  const bytes = Buffer.concat(lines);
  return { chunks: [bytes], size: bytes.length, messages: lines.length };
}

function kindOf(line: Uint8Array): Kind {
  const what = identify(line);
  if (typeof what === "number") return what;
  if (typeof what === "string") return "new";
  const text = openingOf(line);
  return answer.test(text) || cancellation.test(text) ? "answer" : "new";
}

/** The calls that are given up in a batch. */
function cancelledIn(batch: Batch): readonly number[] {
  const ids: number[] = [];
  for (const line of batchLines(batch)) {
    const id = cancellation.exec(openingOf(line))?.[1];
    if (id !== undefined) ids.push(Number(id));
  }
  return ids;
}

function openingOf(line: Uint8Array): string {
  const start = line[0] === star ? line.indexOf(space) + 1 : 0;
  return Buffer.from(line.subarray(start, start + tellingLength)).toString("latin1");
}
