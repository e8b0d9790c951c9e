import { describe, expect, it } from "vitest";
import { JobBoard } from "./job-board.ts";

describe("given two files on the board", () => {
  it("hands each out once, in order", () => {
    const board = new JobBoard(["a", "b"]);
    expect([board.take("one"), board.take("two"), board.take("one")]).toEqual([
      "a",
      "b",
      undefined,
    ]);
    expect(board.holding("one")).toBe(1);
  });

  it("hands out again what a worker had in hand when it went", () => {
    const board = new JobBoard(["a", "b"]);
    board.take("one");
    expect(board.giveBack("one")).toEqual(["a"]);
    expect([board.take("two"), board.take("two")]).toEqual(["b", "a"]);
  });

  it("leaves a file with the other worker that has it too", () => {
    const board = new JobBoard(["a"]);
    board.take("one");
    board.hold("two", "a");
    expect(board.giveBack("one")).toEqual([]);
    expect(board.take("one")).toBeUndefined();
    expect(board.giveBack("two")).toEqual(["a"]);
  });

  it("takes a settled file from every hand", () => {
    const board = new JobBoard(["a"]);
    board.take("one");
    board.hold("two", "a");
    board.settle("a");
    expect([board.holding("one"), board.holding("two")]).toEqual([0, 0]);
    expect(board.giveBack("one")).toEqual([]);
  });

  it("lets a file that was put back wait again", () => {
    const board = new JobBoard(["a"]);
    board.take("one");
    board.putBack("a");
    expect(board.holding("one")).toBe(0);
    expect(board.take("two")).toBe("a");
  });
});
