import { describe, expect, it } from "vitest";
import { maxDepth } from "../../limits.ts";
import { holeArray } from "../../../test/hole-array.ts";
import { needsNoTags } from "./advanced-serialization.ts";
import { withInherited } from "../../../test/with-inherited.ts";

function nested(levels: number): object {
  let data: unknown[] = [];
  for (let level = 1; level < levels; level++) data = [data];
  return data;
}

describe("data that is JSON as it is", () => {
  const many = Array.from({ length: 100 }, (_, id) => ({ id, tags: [id] }));

  it.each<[string, object]>([
    ["plain members", { a: 1, b: "$", c: true, d: null, e: [], f: {} }],
    ["many objects", many],
    ["no prototype", { __proto__: null, a: 1 }],
    ["as many levels as there may be", nested(maxDepth)],
    ["equal objects that are not the same", [{ a: 1 }, { a: 1 }]],
  ])("has %s", (_, data) => {
    expect(needsNoTags(data)).toBe(true);
  });

  it.each<[string, object]>([
    ["undefined", { a: undefined }],
    ["a hole", holeArray(1)],
    ["NaN", [Number.NaN]],
    ["infinity", [Infinity]],
    ["-0", [-0]],
    ["a bigint", [1n]],
    ["a date", [new Date()]],
    ["bytes", { a: Buffer.from("a") }],
    ["a function", [(): number => 1]],
    ["a key that begins with $", [{ a: 1, $b: 2 }]],
    ["a class", [Object.create({ inherited: 1 })]],
    ["a class of arrays", [new (class extends Array {})()]],
    ["a toJSON", [{ toJSON: "odd" }]],
    ["an array with a toJSON", [Object.assign([], { toJSON: 1 })]],
    ["more levels than there may be", nested(maxDepth + 1)],
    ["its last object twice", [...many, many.at(-1)]],
    ["its first object twice", [many[0], many[0]]],
    ["a later object twice", [...many, many[50]]],
  ])("has not %s", (_, data) => {
    expect(needsNoTags(data)).toBe(false);
  });

  it("is judged by its own members, whatever Object.prototype has been given", () => {
    const answers = withInherited({ $fn: () => 1, config: { deep: {} } }, () => [
      needsNoTags({ a: [{}] }),
      needsNoTags({ $a: 1 }),
    ]);
    expect(answers).toEqual([true, false]);
  });

  it("does not refer to itself", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const wide: unknown[] = [...many];
    wide.push({ wide });
    expect([needsNoTags(cycle), needsNoTags(wide)]).toEqual([false, false]);
  });
});
