import { readFileSync } from "node:fs";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { carry, encodeBy, receive } from "../../../test/carry.ts";
import { isSameGraph } from "../../../test/same-graph.ts";
import { maxDepth } from "../../limits.ts";
import { AdvancedSerialization } from "./advanced-serialization.ts";
import { CodecSerialization } from "../codec-serialization.ts";
import { maxBigintDigits, maxHoles, maxNumericKeySquares, maxPatternLength } from "./leaves.ts";

const text = readFileSync(new URL("../../../SERIALIZATION.md", import.meta.url), "utf8");
const advanced = new AdvancedSerialization();

/** The rows of a table: what stands between backquotes in its cells. */
function rowsAfter(heading: string): string[][] {
  const table = text.slice(text.indexOf(heading)).split("\n\n")[1] ?? "";
  const rows = table.split("\n").slice(2);
  return rows.map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, cell]) => cell ?? ""));
}

describe("the specification", () => {
  it.each(rowsAfter("Examples, in JavaScript"))("gives the form of %s", (source, form) => {
    const value: unknown = vm.runInThisContext(`(${source})`);
    const { text: encoded, attachments } = encodeBy(advanced, value);
    expect(encoded).toBe(form);
    expect(isSameGraph(carry(advanced, value), value)).toBe(true);
    expect(isSameGraph(receive(advanced, form, attachments), value)).toBe(true);
  });

  it("has an example of every tag", () => {
    const examples = rowsAfter("Examples, in JavaScript").flat().join("");
    const tags = new Set(text.match(/\{"\$\w*"/g));
    expect(tags.size).toBe(12);
    expect([...tags].filter((tag) => !examples.includes(tag))).toEqual([]);
  });

  it("gives the limits as they are", () => {
    for (const limit of [maxDepth, maxHoles, maxBigintDigits, maxPatternLength]) {
      expect(text).toContain(`| ${limit.toLocaleString("en")}`);
    }
    expect(text).toContain(`| ${maxNumericKeySquares.toLocaleString("en")} (16,384²)`);
  });

  it("gives the form of what a codec writes", () => {
    const codec = { name: "x", encode: () => new Uint8Array(1), decode: () => undefined };
    expect(text).toContain(`\`${new CodecSerialization(codec).encode(0)?.text}\``);
  });
});
