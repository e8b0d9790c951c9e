import { describe, expect, it } from "vitest";
import { type Batch, batchOverhead } from "./batch.ts";
import { InFlight } from "./in-flight.ts";

function lines(...words: string[]): Batch {
  const text = words.map((word) => `${word}\n`).join("");
  return { chunks: [text], size: text.length, messages: words.length };
}

function textOf(batches: readonly Batch[]): string {
  return batches.flatMap(({ chunks }) => chunks.map(String)).join("");
}

function flight(): InFlight {
  const inFlight = new InFlight();
  inFlight.push(lines("1", "2", "3"), 3);
  inFlight.push(lines("4"), 4);
  inFlight.push(lines("5", "ü6"), 6);
  return inFlight;
}

describe("given batches of three, one and two messages", () => {
  it.each([
    [0, "1\n2\n3\n4\n5\nü6\n"],
    [1, "2\n3\n4\n5\nü6\n"],
    [2, "3\n4\n5\nü6\n"],
    [3, "4\n5\nü6\n"],
    [4, "5\nü6\n"],
    [5, "ü6\n"],
    [6, ""],
  ])("takes back what is behind the peer's count of %d", (count, left) => {
    const inFlight = flight();
    inFlight.acknowledge(count);
    const back = inFlight.takeBack();
    expect(textOf(back)).toBe(left);
    expect(back.reduce((sum, { messages }) => sum + messages, 0)).toBe(6 - count);
    expect(back.map(({ size }) => size)).toEqual(
      back.map(({ chunks: [chunk = ""] }) =>
        typeof chunk === "string" ? chunk.length : chunk.byteLength,
      ),
    );
    expect([inFlight.acknowledged, inFlight.bytes, inFlight.empty]).toEqual([count, 0, true]);
  });

  it("keeps a batch until it is acknowledged whole", () => {
    const inFlight = flight();
    const bytes = (): number => inFlight.bytes;
    expect(bytes()).toBe(13 + 3 * batchOverhead);
    inFlight.acknowledge(2);
    expect(bytes()).toBe(13 + 3 * batchOverhead);
    inFlight.acknowledge(3);
    expect(bytes()).toBe(7 + 2 * batchOverhead);
    inFlight.acknowledge(6);
    expect(bytes()).toBe(0);
  });
});

describe("given a flow that never stands still", () => {
  it("loses nothing when its log is made shorter", () => {
    const inFlight = new InFlight();
    for (let end = 1; end <= 10_000; end++) {
      inFlight.push(lines(String(end)), end);
      if (end > 100) inFlight.acknowledge(end - 100);
    }
    expect(textOf(inFlight.takeBack()).split("\n").slice(0, -1)).toEqual(
      Array.from({ length: 100 }, (_, index) => String(9_901 + index)),
    );
  });
});
