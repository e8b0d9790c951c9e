import { beforeEach, describe, expect, it } from "vitest";
import { Desk } from "./desk.ts";

const report = {
  path: "a",
  sha256: Buffer.alloc(32),
  modified: 0,
  bytes: 0,
  lines: 0,
  words: 0,
};

describe("given two jobs", () => {
  let desk: Desk;

  beforeEach(() => {
    desk = new Desk();
    desk.accept({ path: "a", rest: 0 });
    desk.accept({ path: "b", rest: 0 });
  });

  it("works on the older one first", () => {
    expect(desk.next?.path).toBe("a");
    desk.finish(report);
    expect(desk.next?.path).toBe("b");
  });

  it("keeps a report, and claims its file, until it is recorded", () => {
    desk.finish(report);
    expect(desk.unrecorded).toEqual([report]);
    expect(desk.holding).toEqual(["b", "a"]);
    desk.forget("a");
    expect(desk.unrecorded).toEqual([]);
    expect(desk.holding).toEqual(["b"]);
  });

  it("no longer claims a dropped job", () => {
    desk.drop("a");
    expect(desk.holding).toEqual(["b"]);
  });
});
