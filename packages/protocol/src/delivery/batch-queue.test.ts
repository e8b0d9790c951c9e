import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { type Batch, batchOverhead, type Terms } from "./batch.ts";
import { BatchQueue } from "./batch-queue.ts";
import { Drops } from "./drops.ts";

const never: Terms = { expiresAt: Infinity, key: undefined, callId: 0 };

function batch(text: string, terms?: Partial<Terms>): Batch {
  const bytes = Buffer.from(text);
  const messages = text.split("\n").length - 1;
  return { chunks: [bytes], size: bytes.length, messages, terms: terms && { ...never, ...terms } };
}

function queueOf(...batches: Batch[]): BatchQueue {
  const queue = new BatchQueue();
  for (const one of batches) queue.push(one);
  return queue;
}

function textOf(queue: BatchQueue): string {
  return queue
    .list()
    .flatMap(({ chunks }) => chunks.map(String))
    .join("");
}

describe("given batches", () => {
  it("gives them back in order, marks between them", () => {
    const mark = {};
    const queue = queueOf(
      batch(`["a"]\n`),
      { chunks: [], size: 0, messages: 0, mark },
      batch(`["b"]\n`),
    );
    expect([queue.take()?.size, queue.take()?.mark, queue.take()?.size]).toEqual([6, mark, 6]);
    expect(queue.take()).toBeUndefined();
    expect(queue.empty).toBe(true);
  });

  it("counts their bytes, and what each takes beside them", () => {
    const queue = queueOf(batch(`["a"]\n`), batch(`["bc"]\n`));
    expect(queue.bytes).toBe(13 + 2 * batchOverhead);
    queue.take();
    queue.take();
    expect(queue.bytes).toBe(0);
  });
});

describe("given events with a time", () => {
  it.each([
    [99, `["a"]\n`, 100],
    [100, "", Infinity],
    [101, "", Infinity],
  ])("keeps one until 100, at %d", (now, left, next) => {
    const drops = new Drops();
    const queue = queueOf(batch(`["a"]\n`, { expiresAt: 100 }));
    queue.expire(now, drops);
    expect(textOf(queue)).toBe(left);
    expect(queue.nextExpiry).toBe(next);
    expect(drops.empty).toBe(left !== "");
  });
});

describe("given events with a key", () => {
  it("keeps the newest, at its own place", () => {
    const queue = queueOf(
      batch(`["a",1]\n`, { key: "k" }),
      batch(`["b"]\n`),
      batch(`["a",2]\n`, { key: "k" }),
    );
    expect(textOf(queue)).toBe(`["b"]\n["a",2]\n`);
    expect(queue.sizeUnder("k")).toBeGreaterThan(0);
    queue.clear();
    expect(queue.sizeUnder("k")).toBeUndefined();
  });

  it("does not grow, however many take each other's place", () => {
    const queue = queueOf(batch(`["other"]\n`));
    for (let count = 0; count < 100_000; count++) queue.push(batch(`["a"]\n`, { key: "k" }));
    expect(queue.bytes).toBe(16 + 2 * batchOverhead);
    expect(queue.list()).toHaveLength(2);
  });
});

describe("given calls", () => {
  it("takes one out that waits, once", () => {
    const queue = queueOf(batch(`[1,"a"]\n`, { callId: 1 }), batch(`[2,"b"]\n`, { callId: 2 }));
    expect(queue.withdrawCall(1)).toBe(true);
    expect(queue.withdrawCall(1)).toBe(false);
    queue.take();
    expect(queue.withdrawCall(2)).toBe(false);
  });
});

describe("given more than there is room for", () => {
  const lines = `["a",1]\n[1,"call"]\n["b",2]\n{"cancel":1}\n["c",3]\n`;

  it.each([
    [lines.length, lines],
    [lines.length - 1, `[1,"call"]\n["b",2]\n{"cancel":1}\n["c",3]\n`],
    [lines.length - 8, `[1,"call"]\n["b",2]\n{"cancel":1}\n["c",3]\n`],
    [lines.length - 9, `[1,"call"]\n{"cancel":1}\n["c",3]\n`],
    [0, `[1,"call"]\n{"cancel":1}\n`],
  ])("drops events, oldest first, until %d bytes are left", (bytes, left) => {
    const drops = new Drops();
    const queue = queueOf(batch(lines));
    queue.dropOldest(bytes + batchOverhead, drops);
    expect(textOf(queue)).toBe(left);
    const [only] = queue.list();
    expect(only?.messages).toBe(left.split("\n").length - 1);
    expect(only?.size).toBe(left.length);
  });

  it("drops a message with attachments whole, and no call", () => {
    const file = Buffer.from(`*3 ["file",{"$bin":[0,"Buffer"]}]\n`);
    const queue = queueOf(
      { chunks: [file, Buffer.from("abc")], size: file.length + 3, messages: 1 },
      batch(`[1,"call"]\n`, { callId: 1 }),
    );
    const drops = new Drops();
    queue.dropOldest(0, drops);
    expect(textOf(queue)).toBe(`[1,"call"]\n`);
    expect(drops.take().message).toContain(`"file"`);
  });

  it("looks once through answers that are not read, however often events are to make room", () => {
    const answers = batch(`{"cancel":1}\n`.repeat(100));
    let looks = 0;
    const { chunks, size, messages } = answers;
    const queue = queueOf({
      get chunks(): Batch["chunks"] {
        looks++;
        return chunks;
      },
      size,
      messages,
    });
    const drops = new Drops();
    queue.dropOldest(0, drops);
    const once = looks;
    for (let count = 0; count < 50; count++) {
      queue.push(batch(`["a",${count}]\n["b",${count}]\n`));
      queue.dropOldest(queue.bytes - 1, drops);
      queue.dropOldest(size + batchOverhead, drops);
    }
    expect(looks).toBe(once);
    expect(drops.take().context).toEqual({ events: 100 });
    expect(queue.bytes).toBe(size + batchOverhead);
  });

  it("does not grow, however many are dropped", () => {
    const drops = new Drops();
    const queue = new BatchQueue();
    for (let count = 0; count < 100_000; count++) {
      queue.push(batch(`["a"]\n`, { key: String(count) }));
      queue.dropOldest(1_000, drops);
    }
    expect(queue.list().length).toBeLessThan(10);
    expect(queue.bytes).toBeLessThanOrEqual(1_000);
    expect(drops.take().context).toEqual({ events: 100_000 - queue.list().length });
  });
});

describe("marks in a queue", () => {
  it("come out in their place unless they were withdrawn", () => {
    const queue = new BatchQueue();
    const [gone, mark] = [{}, {}];
    queue.push(batch(`["a"]\n`));
    queue.push({ chunks: [], size: 0, messages: 0, mark: gone });
    queue.push({ chunks: [], size: 0, messages: 0, mark });
    queue.withdrawMark(gone);
    queue.withdrawMark({});
    expect(queue.bytes).toBe(6 + 2 * batchOverhead);
    expect([queue.take()?.messages, queue.take()?.mark, queue.take()]).toEqual([
      1,
      mark,
      undefined,
    ]);
    expect([queue.bytes, queue.empty]).toEqual([0, true]);
  });
});
