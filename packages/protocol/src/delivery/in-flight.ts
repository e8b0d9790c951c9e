import { Buffer } from "node:buffer";
import { asBytes, type Batch, weightOf } from "./batch.ts";

const lineFeed = 0x0a;

/** Acknowledged batches at the head of the log beyond which it is made shorter. */
const slack = 64;

/** The messages of one lane that were written and that the peer has not acknowledged, in order. */
export class InFlight {
  #batches: (Batch | undefined)[] = [];
  /** The number of the last message in each batch. */
  #ends: number[] = [];
  #head = 0;
  #acknowledged = 0;
  #bytes = 0;

  /** Bytes that are kept, with what each batch takes beside its own. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The peer's count. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** True if the peer has acknowledged everything. */
  get empty(): boolean {
    return this.#head === this.#batches.length;
  }

  /** Keep a batch whose last message has the number `end`. */
  push(batch: Batch, end: number): void {
    this.#batches.push(batch);
    this.#ends.push(end);
    this.#bytes += weightOf(batch);
  }

  /** The peer has received `count` messages: forget the batches that it has whole. */
  acknowledge(count: number): void {
    this.#acknowledged = count;
    let head = this.#head;
    for (; head < this.#ends.length && (this.#ends[head] ?? 0) <= count; head++) {
      const batch = this.#batches[head];
      if (batch !== undefined) this.#bytes -= weightOf(batch);
      this.#batches[head] = undefined;
    }
    this.#head = head;
    if (head === this.#ends.length) {
      this.#batches = [];
      this.#ends = [];
      this.#head = 0;
    } else if (head > slack && head * 2 > this.#ends.length) {
      this.#batches = this.#batches.slice(head);
      this.#ends = this.#ends.slice(head);
      this.#head = 0;
    }
  }

  /** Take everything out that the peer has not received, oldest first; what it has of a batch is cut off. */
  takeBack(): Batch[] {
    const batches: Batch[] = [];
    let start = this.#acknowledged;
    for (let index = this.#head; index < this.#batches.length; index++) {
      const [batch, end = 0] = [this.#batches[index], this.#ends[index]];
      if (batch === undefined) continue;
      const left = end - start;
      batches.push(left < batch.messages ? lastLines(batch, left) : batch);
      start = end;
    }
    this.clear();
    return batches;
  }

  /** Forget everything but the peer's count. */
  clear(): void {
    this.#batches = [];
    this.#ends = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

/** The last `count` lines of a batch that is a run of lines. */
function lastLines(batch: Batch, count: number): Batch {
  const bytes = Buffer.concat(batch.chunks.map(asBytes));
  let at = 0;
  for (let skip = batch.messages - count; skip > 0; skip--) at = bytes.indexOf(lineFeed, at) + 1;
  const rest = bytes.subarray(at);
  return { chunks: [rest], size: rest.length, messages: count };
}
