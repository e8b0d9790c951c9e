import type { Progress, WorkerState } from "@ipc-apps/demo-server/contract";
import { describe, expect, it } from "vitest";
import { Roster } from "./roster.ts";

const one: WorkerState = { name: "worker-1", id: "x", pid: 11, holding: 4 };

function picture(
  pid: number,
  workers: WorkerState[],
  returned: Progress["returned"] = [],
): Progress {
  return { pid, total: 9, done: 0, workers, returned };
}

describe("given a worker that connected", () => {
  it("tells of it once", () => {
    const roster = new Roster();
    expect(roster.follow(picture(1, [one]))).toEqual([
      "the manager is up (pid 1)",
      "worker-1 has connected (pid 11, id x)",
    ]);
    expect(roster.follow(picture(1, [one]))).toEqual([]);
    expect(roster.hasAll(["worker-1"])).toBe(true);
    expect(roster.hasAll(["worker-1", "worker-2"])).toBe(false);
  });

  it("tells once of its end, and of its files", () => {
    const roster = new Roster();
    roster.follow(picture(1, [one]));
    const after = picture(1, [], [{ worker: "worker-1", files: 4 }]);
    expect(roster.follow(after)).toEqual([
      "worker-1 has disconnected",
      "4 files of worker-1 were handed out again",
    ]);
    expect(roster.follow(after)).toEqual([]);
  });

  it("tells whether it found a new manager under the id it had", () => {
    const roster = new Roster();
    roster.follow(picture(1, [one]));
    expect(roster.follow(picture(2, []))).toEqual(["a new manager is up (pid 2)"]);
    roster.follow(picture(2, [one]));
    expect([...roster.kept]).toEqual(["worker-1"]);
  });

  it("does not count a new id as kept", () => {
    const roster = new Roster();
    roster.follow(picture(1, [one]));
    roster.follow(picture(2, [{ ...one, id: "y" }]));
    expect([...roster.kept]).toEqual([]);
  });
});
