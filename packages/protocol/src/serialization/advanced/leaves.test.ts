import { describe, expect, it } from "vitest";
import { carry, codeOf, encodeBy, receive } from "../../../test/carry.ts";
import { holeArray } from "../../../test/hole-array.ts";
import { AdvancedSerialization } from "./advanced-serialization.ts";
import { maxBigintDigits, maxHoles, maxNumericKeySquares, maxPatternLength } from "./leaves.ts";

const advanced = new AdvancedSerialization();
const root = Math.sqrt(maxNumericKeySquares);

function pattern(length: number, flags = ""): RegExp {
  return new RegExp("a".repeat(length), flags);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

const mebibyte = 1024 * 1024;

function repeated(form: string): string {
  const list = `${form},`.repeat(mebibyte / (form.length + 1));
  return `[${list.slice(0, -1)}]`;
}

function collidingKeys(count: number): string {
  const keys = numbers(count).map((number) => `[{"$bigint":"${(BigInt(number) << 64n) + 1n}"},0]`);
  return `{"$map":[${keys.join()}]}`;
}

/** As many keys as there may be, which all collide and differ in their last digits alone. */
function longest(count: number, bits: bigint): string {
  const keys = numbers(count).map((number) => `{"$bigint":"${(BigInt(number + 1) << bits) + 1n}"}`);
  return `{"$set":[${keys.join()}]}`;
}

function emoji(): string {
  return JSON.stringify({ $regexp: [String.raw`\p{RGI_Emoji}`.repeat(10_000), "v"] });
}

/** Data with so much of what is limited, and the text that a sender without the limit would write. */
const limited: [string, number, (count: number) => unknown, (count: number) => string][] = [
  [
    "holes of an array",
    maxHoles,
    (count) => holeArray(count),
    (count) => `{"$sparse":[${count},{}]}`,
  ],
  [
    "holes of all arrays together",
    maxHoles - 1,
    (count) => [holeArray(1), holeArray(count)],
    (count) => `[{"$sparse":[1,{}]},{"$sparse":[${count},{}]}]`,
  ],
  [
    "digits of a bigint",
    maxBigintDigits,
    (count) => -(10n ** BigInt(count - 1)),
    (count) => `{"$bigint":"-1${"0".repeat(count - 1)}"}`,
  ],
  [
    "characters of an expression",
    maxPatternLength,
    (count) => pattern(count),
    (count) => `{"$regexp":["${"a".repeat(count)}",""]}`,
  ],
  [
    "characters of all expressions together",
    maxPatternLength - 1,
    (count) => [pattern(1), pattern(count)],
    (count) => `[{"$regexp":["a",""]},{"$regexp":["${"a".repeat(count)}",""]}]`,
  ],
  [
    "characters of an expression with the flag v",
    maxPatternLength / 16,
    (count) => pattern(count, "v"),
    (count) => `{"$regexp":["${"a".repeat(count)}","v"]}`,
  ],
  [
    "numbers in a Set",
    root,
    (count) => new Set(numbers(count)),
    (count) => `{"$set":[${numbers(count).join()}]}`,
  ],
  [
    "bigints as keys of a Map",
    root / 8,
    (count) => new Map(numbers(count).map((number) => [BigInt(number), 0])),
    (count) =>
      `{"$map":[${numbers(count)
        .map((number) => `[{"$bigint":"${number}"},0]`)
        .join()}]}`,
  ],
];

describe("the limit of what costs more than its text", () => {
  it.each(limited)("%s is kept by both sides", (_, limit, make, write) => {
    for (const count of [limit - 1, limit]) {
      expect(carry(advanced, make(count))).toEqual(make(count));
      expect(receive(advanced, write(count))).toEqual(make(count));
    }
    expect(codeOf(() => advanced.encode(make(limit + 1)))).toBe("IPC_NOT_ENCODABLE");
    expect(codeOf(() => receive(advanced, write(limit + 1)))).toBe("IPC_INVALID_MESSAGE");
  });

  it("leaves many small collections of numbers, and any of strings, room", () => {
    const small = numbers(2000).map(() => new Set(numbers(50)));
    expect(carry(advanced, small)).toEqual(small);
    const strings = new Set(numbers(root + 1).map(String));
    expect(carry(advanced, strings)).toEqual(strings);
  });
});

/**
 * CPU time in microseconds that none of these messages takes by far on any machine: less than a second. Without the
 * limits the worst take minutes, or gigabytes.
 */
const bearable = 20_000_000;

describe("a message that was made to cost", () => {
  it.each([
    ["a length of 4 billion", '{"$sparse":[4294967295,{}]}'],
    ["keys that all collide", collidingKeys(100_000)],
    ["properties of strings, which V8 expands", emoji()],
    ["a million digits", `{"$bigint":"${"9".repeat(mebibyte)}"}`],
  ])("is refused before its price is paid, when it has %s", (_, text) => {
    const before = process.memoryUsage().rss;
    const started = process.cpuUsage();
    expect(codeOf(() => receive(advanced, text))).toBe("IPC_INVALID_MESSAGE");
    expect(process.cpuUsage(started).user).toBeLessThan(bearable);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * mebibyte);
  });

  it.each([
    ["short", root / 8, 64n],
    ["long", root / 32, 13_000n],
  ])("takes bearable time for as many colliding bigints as there may be: %s", (_, count, bits) => {
    const text = longest(count, bits);
    const started = process.cpuUsage();
    expect(receive(advanced, text)).toHaveProperty("size", count);
    expect(process.cpuUsage(started).user).toBeLessThan(bearable);
    expect(codeOf(() => receive(advanced, longest(count + 1, bits)))).toBe("IPC_INVALID_MESSAGE");
  });

  it.each([
    ["errors", '{"$error":{"name":"","message":""}}'],
    ["Maps", '{"$map":[]}'],
    ["dates", '{"$date":null}'],
    ["expressions", '{"$regexp":["",""]}'],
    ["boxed texts", '{"$boxed":""}'],
  ])("takes time and memory in proportion to its text, when it has many %s", (_, form) => {
    const text = repeated(form);
    const before = process.memoryUsage().heapUsed;
    const started = process.cpuUsage();
    const data = receive(advanced, text);
    expect(process.cpuUsage(started).user).toBeLessThan(bearable);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * text.length);
    expect(data).toHaveLength(Math.floor(mebibyte / (form.length + 1)));
  });

  it("shares what is mentioned twice instead of copying it, however often it doubles", () => {
    let doubled: unknown = [];
    for (let level = 1; level < 128; level++) doubled = [doubled, doubled];
    const { text = "" } = encodeBy(advanced, doubled);
    expect(text.length).toBeLessThan(4000);
    expect(advanced.encode(receive(advanced, text))).toBe(text);
  });
});
