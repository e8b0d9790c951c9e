import { describe, expect, it } from "vitest";
import { Queue } from "./queue.ts";

describe("a queue", () => {
  it("answers what was put in, in order", () => {
    const queue = new Queue<number>();
    const taken: (number | undefined)[] = [];
    for (let round = 0; round < 50; round++) {
      for (let item = 0; item < 9; item++) queue.push(round * 9 + item);
      for (let item = 0; item < 7; item++) taken.push(queue.shift());
    }
    expect(queue.size).toBe(100);
    expect(queue.first).toBe(350);
    expect(queue.last).toBe(449);
    while (queue.size > 0) taken.push(queue.shift());
    expect(taken).toEqual(Array.from({ length: 450 }, (_, item) => item));
  });

  it("has nothing once it is empty or was cleared", () => {
    const queue = new Queue<string>();
    queue.replaceFirst("none");
    for (const end of ["taken", "cleared"]) {
      queue.push("a");
      queue.replaceFirst("b");
      expect(queue.first).toBe("b");
      if (end === "cleared") queue.clear();
      else queue.shift();
      expect([queue.size, queue.first, queue.last, queue.shift()]).toEqual([
        0,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });
});
