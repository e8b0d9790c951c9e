import { describe, expect, it } from "vitest";
import { Flushes } from "./flushes.ts";

describe("given a flush over two lanes", () => {
  it("is through when both are acknowledged, and the mark was reached", () => {
    const mark = {};
    const flushes = new Flushes();
    flushes.add(mark, 1, new Map([[0, 5]]));
    expect(flushes.takeDone(() => 9)).toEqual([]);
    flushes.reach(mark, 2, 3);
    expect(flushes.takeDone((lane) => (lane === 0 ? 5 : 2))).toEqual([]);
    expect(flushes.takeDone((lane) => (lane === 0 ? 4 : 3))).toEqual([]);
    expect(flushes.takeDone((lane) => (lane === 0 ? 5 : 3))).toEqual([mark]);
    expect(flushes.any).toBe(false);
  });
});

describe("given a flush that is no longer awaited", () => {
  it("is forgotten, and no other", () => {
    const [gone, mark] = [{}, {}];
    const flushes = new Flushes();
    flushes.add(gone, 1, new Map());
    flushes.add(mark, 0, new Map([[0, 5]]));
    flushes.delete(gone);
    flushes.reach(gone, 0, 3);
    expect(flushes.takeDone(() => 5)).toEqual([mark]);
    expect(flushes.any).toBe(false);
  });
});

describe("given a session that is over", () => {
  it("gives back every mark", () => {
    const marks = [{}, {}];
    const flushes = new Flushes();
    for (const mark of marks) flushes.add(mark, 1, new Map());
    flushes.reach({}, 0, 0);
    expect(flushes.clear()).toEqual(marks);
    expect(flushes.clear()).toEqual([]);
  });
});
