import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { EncodedMessage } from "../wire/message-encoder.ts";
import { asBytes, type Batch, batchOverhead, type Terms } from "./batch.ts";
import { Drops } from "./drops.ts";
import { SendQueue } from "./send-queue.ts";

const line = `["e"]\n`;
const never: Terms = { expiresAt: Infinity, key: undefined, callId: 0 };

function event(text: string, attachments: readonly Buffer[] = []): EncodedMessage {
  return new EncodedMessage(text, attachments, "e");
}

function batch(text: string, terms?: Partial<Terms>): Batch {
  const bytes = Buffer.from(text);
  const messages = text.split("\n").length - 1;
  return { chunks: [bytes], size: bytes.length, messages, terms: terms && { ...never, ...terms } };
}

function queueOf(...batches: Batch[]): SendQueue {
  const queue = new SendQueue();
  for (const one of batches) queue.pushBatch(one);
  return queue;
}

function textOf(batches: readonly Batch[]): string {
  return batches.flatMap(({ chunks }) => chunks.map((chunk) => asBytes(chunk).toString())).join("");
}

function takeAll(queue: SendQueue, keeps = true): Batch[] {
  const taken = [];
  for (let next = queue.take(keeps); next !== undefined; next = queue.take(keeps)) taken.push(next);
  return taken;
}

function writeAll(queue: SendQueue): string {
  return textOf(takeAll(queue));
}

describe("given small lines", () => {
  it("joins them to one batch of text", () => {
    const queue = new SendQueue();
    for (let count = 0; count < 3; count++) queue.pushLine(line);
    expect(queue.waitingBytes).toBe(18);
    expect(takeAll(queue)).toEqual([{ chunks: [line.repeat(3)], size: 18, messages: 3 }]);
    expect([queue.waitingBytes, queue.isThrough]).toEqual([0, true]);
  });

  it.each([
    [32 * 1024 - 1, 1],
    [32 * 1024, 2],
    [32 * 1024 + 1, 2],
  ])("ends the batch behind %d characters", (length, batches) => {
    const queue = new SendQueue();
    queue.pushLine(`${"x".repeat(length - 1)}\n`);
    queue.pushLine(line);
    expect(takeAll(queue)).toHaveLength(batches);
  });
});

describe("given a shared event", () => {
  it("keeps its memory when nothing else waits", () => {
    const queue = new SendQueue();
    const shared = event(line);
    queue.pushShared(shared);
    expect(queue.isThrough).toBe(false);
    expect(queue.take(true)?.chunks[0]).toBe(shared.chunks[0]);
  });

  it("joins it to others if it is small, and keeps its memory if it is not", () => {
    const queue = new SendQueue();
    const large = event(`["${"x".repeat(5_000)}"]\n`);
    queue.pushShared(event(line));
    queue.pushShared(event(line));
    queue.pushShared(large);
    queue.pushLine(line);
    const [first, second, third] = takeAll(queue);
    expect([first?.messages, third?.messages]).toEqual([2, 1]);
    expect(second?.chunks[0]).toBe(large.chunks[0]);
  });
});

describe("given messages of all kinds", () => {
  it("keeps their order, marks between them", () => {
    const queue = new SendQueue();
    queue.pushLine(`["1"]\n`);
    queue.pushAlone(event(`["2"]\n`), { ...never, expiresAt: 10, key: "k" });
    queue.pushShared(event(`["3"]\n`));
    queue.pushMark({});
    queue.pushBatch(batch(`["4"]\n`));
    expect(queue.sizeUnder("k")).toBeGreaterThan(0);
    expect(queue.nextExpiry).toBe(10);
    expect(takeAll(queue).map((one) => textOf([one]))).toEqual([
      `["1"]\n`,
      `["2"]\n`,
      `["3"]\n`,
      "",
      `["4"]\n`,
    ]);
  });

  it("counts their bytes, and what each batch takes beside them", () => {
    const queue = queueOf(batch(`["a"]\n`), batch(`["bc"]\n`));
    expect(queue.waitingBytes).toBe(13 + 2 * batchOverhead);
    takeAll(queue);
    expect([queue.waitingBytes, queue.unconfirmedBytes]).toEqual([0, 13 + 2 * batchOverhead]);
    queue.acknowledge(2);
    expect(queue.unconfirmedBytes).toBe(0);
  });

  it("keeps nothing for a peer that does not acknowledge", () => {
    const queue = queueOf(batch(`["a"]\n`), batch(`["b"]\n`));
    expect(textOf(takeAll(queue, false))).toBe(`["a"]\n["b"]\n`);
    expect([queue.sent, queue.acknowledged, queue.unconfirmedBytes]).toEqual([2, 2, 0]);
    queue.rewind();
    expect(queue.isThrough).toBe(true);
  });
});

/** A queue that has written batches of three, one and two messages. */
function written(): SendQueue {
  const queue = new SendQueue();
  for (const text of [`1\n2\n3\n`, `4\n`, `5\nü6\n`]) {
    for (const word of text.split("\n").slice(0, -1)) queue.pushLine(`${word}\n`);
    takeAll(queue);
  }
  return queue;
}

describe("given messages that were written", () => {
  it.each([
    [0, "1\n2\n3\n4\n5\nü6\n"],
    [1, "2\n3\n4\n5\nü6\n"],
    [2, "3\n4\n5\nü6\n"],
    [3, "4\n5\nü6\n"],
    [4, "5\nü6\n"],
    [5, "ü6\n"],
    [6, ""],
  ])(
    "writes again what is behind the peer's count of %d, under the same numbers",
    (count, left) => {
      const queue = written();
      queue.acknowledge(count);
      queue.pushLine("7\n");
      queue.rewind();
      expect([queue.sent, queue.unconfirmedBytes, queue.isThrough]).toEqual([count, 0, false]);
      expect(writeAll(queue)).toBe(`${left}7\n`);
      expect([queue.sent, queue.written]).toEqual([7, 7]);
      queue.acknowledge(7);
      expect([queue.unconfirmedBytes, queue.isThrough]).toEqual([0, true]);
    },
  );

  it("keeps a batch until it is acknowledged whole", () => {
    const queue = written();
    const bytes = (): number => queue.unconfirmedBytes;
    expect(bytes()).toBe(13 + 3 * batchOverhead);
    queue.acknowledge(2);
    expect(bytes()).toBe(13 + 3 * batchOverhead);
    queue.acknowledge(3);
    expect(bytes()).toBe(7 + 2 * batchOverhead);
    queue.acknowledge(6);
    expect(bytes()).toBe(0);
  });

  it.each([
    [1, false],
    [2, true],
    [6, true],
    [7, false],
  ])("can go on from %d, of two acknowledged and six written: %s", (count, can) => {
    const queue = written();
    queue.acknowledge(2);
    queue.rewind();
    expect(queue.couldResume(count)).toBe(can);
  });

  it("goes on from the count of another connection, also when it was written in part there", () => {
    const queue = written();
    queue.rewind();
    queue.take(true);
    queue.rewind(5);
    expect([queue.sent, queue.acknowledged]).toEqual([5, 5]);
    expect(writeAll(queue)).toBe("ü6\n");
  });

  it("tells what may have arrived from what did not", () => {
    const queue = written();
    queue.acknowledge(1);
    queue.pushLine("7\n");
    const { unconfirmed, unsent } = queue.remains();
    expect([textOf(unconfirmed), textOf(unsent)]).toEqual(["2\n3\n4\n5\nü6\n", "7\n"]);
    queue.clear();
    expect([queue.isThrough, queue.waitingBytes]).toEqual([true, 0]);
  });

  it("loses nothing when its slots are made fewer, however long it flows", () => {
    const queue = new SendQueue();
    for (let count = 1; count <= 10_000; count++) {
      queue.pushLine(`${count}\n`);
      queue.take(true);
      if (count > 100) queue.acknowledge(count - 100);
    }
    queue.rewind();
    const numbers = Array.from({ length: 100 }, (_, index) => `${9_901 + index}\n`);
    expect(writeAll(queue)).toBe(numbers.join(""));
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
    queue.expire(now, () => drops);
    expect(textOf(queue.waiting())).toBe(left);
    expect(queue.nextExpiry).toBe(next);
    expect(drops.empty).toBe(left !== "");
  });

  it("drops none that was written", () => {
    const drops = new Drops();
    const queue = queueOf(batch(`["a"]\n`, { expiresAt: 100 }));
    queue.take(true);
    queue.rewind();
    queue.expire(200, () => drops);
    expect(writeAll(queue)).toBe(`["a"]\n`);
  });
});

describe("given events with a key", () => {
  it("keeps the newest, at its own place", () => {
    const queue = queueOf(
      batch(`["a",1]\n`, { key: "k" }),
      batch(`["b"]\n`),
      batch(`["a",2]\n`, { key: "k" }),
    );
    expect(textOf(queue.waiting())).toBe(`["b"]\n["a",2]\n`);
    expect(queue.sizeUnder("k")).toBeGreaterThan(0);
    queue.clear();
    expect(queue.sizeUnder("k")).toBeUndefined();
  });

  it("does not grow, however many take each other's place", () => {
    const queue = queueOf(batch(`["other"]\n`));
    for (let count = 0; count < 100_000; count++) queue.pushBatch(batch(`["a"]\n`, { key: "k" }));
    expect(queue.waitingBytes).toBe(16 + 2 * batchOverhead);
    expect(queue.waiting()).toHaveLength(2);
  });
});

describe("given calls", () => {
  it("takes one out that waits, once", () => {
    const queue = queueOf(batch(`[1,"a"]\n`, { callId: 1 }), batch(`[2,"b"]\n`, { callId: 2 }));
    expect(queue.calls).toBe(2);
    expect(queue.withdrawCall(1)).toBe(true);
    expect(queue.withdrawCall(1)).toBe(false);
    queue.take(true);
    expect(queue.withdrawCall(2)).toBe(false);
    expect([queue.calls, queue.sent]).toEqual([0, 1]);
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
    const waiting = queue.waiting();
    expect(textOf(waiting)).toBe(left);
    expect(waiting[0]?.messages).toBe(left.split("\n").length - 1);
    expect(waiting[0]?.size).toBe(left.length);
  });

  it("drops lines that are not joined to bytes yet", () => {
    const queue = new SendQueue();
    for (let count = 0; count < 10; count++) queue.pushLine(`["${count}"]\n`);
    queue.dropOldest(60, new Drops());
    expect(queue.waitingBytes).toBe(60);
    queue.dropOldest(168, new Drops());
    expect(queue.waitingBytes).toBe(60);
    queue.dropOldest(40, new Drops());
    expect(takeAll(queue)).toEqual([]);
  });

  it("drops a message with attachments whole, and no call", () => {
    const file = Buffer.from(`*3 ["file",{"$bin":[0,"Buffer"]}]\n`);
    const queue = queueOf(
      { chunks: [file, Buffer.from("abc")], size: file.length + 3, messages: 1 },
      batch(`[1,"call"]\n`, { callId: 1 }),
    );
    const drops = new Drops();
    queue.dropOldest(0, drops);
    expect(textOf(queue.waiting())).toBe(`[1,"call"]\n`);
    expect(drops.take().message).toContain(`"file"`);
  });

  it("drops nothing that was written", () => {
    const queue = queueOf(batch(`["a"]\n`), batch(`["b"]\n`));
    queue.take(true);
    queue.rewind();
    queue.dropOldest(0, new Drops());
    expect(writeAll(queue)).toBe(`["a"]\n`);
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
      queue.pushBatch(batch(`["a",${count}]\n["b",${count}]\n`));
      queue.dropOldest(queue.waitingBytes - 1, drops);
      queue.dropOldest(size + batchOverhead, drops);
    }
    expect(looks).toBe(once);
    expect(drops.take().context).toEqual({ events: 100 });
    expect(queue.waitingBytes).toBe(size + batchOverhead);
  });

  it("does not grow, however many are dropped", () => {
    const drops = new Drops();
    const queue = new SendQueue();
    for (let count = 0; count < 100_000; count++) {
      queue.pushBatch(batch(`["a"]\n`, { key: String(count) }));
      queue.dropOldest(1_000, drops);
    }
    const { length } = queue.waiting();
    expect(length).toBeLessThan(10);
    expect(queue.waitingBytes).toBeLessThanOrEqual(1_000);
    expect(drops.take().context).toEqual({ events: 100_000 - length });
  });
});

describe("given marks", () => {
  it("answers each in its place unless it was withdrawn", () => {
    const [gone, mark] = [{}, {}];
    const queue = queueOf(batch(`["a"]\n`));
    queue.pushMark(gone);
    queue.pushMark(mark);
    queue.withdrawMark(gone);
    queue.withdrawMark({});
    expect(queue.waitingBytes).toBe(6 + 2 * batchOverhead);
    expect(takeAll(queue).map((one) => one.mark ?? one.messages)).toEqual([1, mark]);
    expect([queue.waitingBytes, queue.isThrough, queue.sent]).toEqual([0, true, 1]);
  });
});

describe("given another queue", () => {
  it("takes all that waits there, marks included", () => {
    const mark = {};
    const queue = new SendQueue();
    queue.pushLine(line);
    queue.pushMark(mark);
    queue.pushAlone(event(`[1,"c"]\n`), { ...never, callId: 1 });
    const all = queue.takeAll();
    expect(all.map((one) => one.mark ?? one.messages)).toEqual([1, mark, 1]);
    expect([queue.isThrough, queue.calls, queue.waitingBytes]).toEqual([true, 0, 0]);
  });
});
