import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { EncodedEvent } from "../messages/event-encoder.ts";
import { Drops } from "./drops.ts";
import { SendQueue } from "./send-queue.ts";

const line = `["e"]\n`;

function event(text: string, attachments: readonly Buffer[] = []): EncodedEvent {
  return new EncodedEvent(text, attachments, "e");
}

function takeAll(queue: SendQueue): { text: string; messages: number }[] {
  const taken = [];
  for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
    taken.push({ text: batch.chunks.map(String).join(""), messages: batch.messages });
  }
  return taken;
}

describe("given small lines", () => {
  it("joins them to one batch of text", () => {
    const queue = new SendQueue();
    for (let count = 0; count < 3; count++) queue.pushLine(line);
    expect(queue.bytes).toBe(18);
    expect(takeAll(queue)).toEqual([{ text: line.repeat(3), messages: 3 }]);
    expect([queue.bytes, queue.empty]).toEqual([0, true]);
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
    expect(queue.empty).toBe(false);
    expect(queue.take()?.chunks[0]).toBe(shared.chunks[0]);
  });

  it("joins it to others if it is small, and keeps its memory if it is not", () => {
    const queue = new SendQueue();
    const large = event(`["${"x".repeat(5_000)}"]\n`);
    queue.pushShared(event(line));
    queue.pushShared(event(line));
    queue.pushShared(large);
    queue.pushLine(line);
    const [first, second, third] = [queue.take(), queue.take(), queue.take()];
    expect([first?.messages, third?.messages]).toEqual([2, 1]);
    expect(second?.chunks[0]).toBe(large.chunks[0]);
  });
});

describe("given messages with terms", () => {
  it("keeps the order among all kinds", () => {
    const queue = new SendQueue();
    const terms = { expiresAt: 10, key: "k", callId: 0 };
    queue.pushLine(`["1"]\n`);
    queue.pushAlone(event(`["2"]\n`), terms);
    queue.pushShared(event(`["3"]\n`));
    queue.pushMark({});
    queue.pushBatch({ chunks: [Buffer.from(`["4"]\n`)], size: 6, messages: 1, lane: 3 });
    expect(queue.sizeUnder("k")).toBeGreaterThan(0);
    expect(queue.nextExpiry).toBe(10);
    expect(queue.list().map(({ lane }) => lane)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(takeAll(queue).map(({ text }) => text)).toEqual([
      `["1"]\n`,
      `["2"]\n`,
      `["3"]\n`,
      "",
      `["4"]\n`,
    ]);
  });

  it("does not change what another session reports", () => {
    const queue = new SendQueue();
    const inherited = { chunks: [Buffer.from(line)], size: line.length, messages: 1 };
    queue.pushBatch(inherited);
    queue.dropOldest(0, new Drops());
    expect(queue.empty || queue.take() === undefined).toBe(true);
    expect(inherited.messages).toBe(1);
  });
});

describe("given a bound", () => {
  it("drops lines that are not joined to bytes yet", () => {
    const queue = new SendQueue();
    for (let count = 0; count < 10; count++) queue.pushLine(`["${count}"]\n`);
    queue.dropOldest(60, new Drops());
    expect(queue.bytes).toBe(60);
    queue.dropOldest(168, new Drops());
    expect(queue.bytes).toBe(60);
    queue.dropOldest(40, new Drops());
    expect(takeAll(queue)).toEqual([]);
  });
});
