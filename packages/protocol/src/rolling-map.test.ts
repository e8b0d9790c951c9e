import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { RollingMap } from "./rolling-map.ts";

interface Rolling {
  set(key: number, value: object): unknown;
  delete(key: number): boolean;
}

/** Adds entries, and removes each again 64 entries later. */
function roll(map: Rolling, from: number, count: number): void {
  for (let key = from; key < from + count; key++) {
    map.set(key, { data: Array.from({ length: 128 }, () => key) });
    map.delete(key - 64);
  }
}

describe("a rolling map", () => {
  it("has its entries however many have come and gone", () => {
    const map = new RollingMap<number, object>();
    roll(map, 0, 10_000);
    expect(map.size).toBe(64);
    expect(map.has(9_935)).toBe(false);
    expect(map.get(9_936)).toBeDefined();
    expect(map.entries().map(([key]) => key)).toEqual(
      Array.from({ length: 64 }, (_, index) => 9_936 + index),
    );
    expect(map.values()).toHaveLength(64);
    expect(map.delete(9_935)).toBe(false);
  });

  it("keeps its order while it is large", () => {
    const map = new RollingMap<number, number>();
    for (let key = 0; key < 5_000; key++) map.set(key, key);
    for (let key = 0; key < 4_000; key++) map.delete(key);
    expect(map.values()).toEqual(Array.from({ length: 1_000 }, (_, index) => 4_000 + index));
  });

  it("leaves what has gone to the next minor collection", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;
    const map = new RollingMap<number, object>();
    // The table of the map is old from now on.
    for (let time = 0; time < 3; time++) collect();
    const before = process.memoryUsage().heapUsed;
    for (let from = 0; from < 40_000; from += 4_000) {
      roll(map, from, 4_000);
      collect({ type: "minor" });
    }
    // A map of V8 still keeps most of the 40 MB that have gone.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });
});
