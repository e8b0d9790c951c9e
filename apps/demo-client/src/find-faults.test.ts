import type { Summary } from "@ipc-apps/demo-server/contract";
import { describe, expect, it } from "vitest";
import { findFaults } from "./find-faults.ts";

const four = { name: "all of them", files: 4, lines: 0, words: 0, bytes: 0 };
const good: Summary = {
  total: 5,
  endings: [four],
  workers: [four],
  returned: [{ worker: "worker-2", files: 1 }],
  repeats: 3,
  gone: 1,
  wrong: [],
};
const kept = new Set(["worker-1", "worker-3"]);

describe("given the outcome of a run", () => {
  it("finds nothing wrong with a good one, repeated reports and deleted files included", () => {
    expect(findFaults(good, true, kept)).toEqual([]);
  });

  it.each([
    ["a wrong hash", { ...good, total: 6, wrong: [{ worker: "w", path: "p", why: "why" }] }, 1],
    ["a lost file", { ...good, total: 6 }, 2],
    ["a file counted twice", { ...good, total: 4 }, 2],
    ["files that were not handed out again", { ...good, returned: [] }, 1],
  ])("finds %s", (_, summary, faults) => {
    expect(findFaults(summary, true, kept)).toHaveLength(faults);
  });

  it("finds a worker that did not come back, and a plot that did not happen", () => {
    expect(findFaults(good, true, new Set(["worker-1"]))).toHaveLength(1);
    expect(findFaults(good, false, new Set())).toHaveLength(1);
  });
});
