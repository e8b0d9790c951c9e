import { Buffer } from "node:buffer";
import fc from "fast-check";
import { anyGraph, anyKey } from "./any-graph.ts";
import { holeArray } from "./hole-array.ts";

/** Texts at every edge: halves of pairs, separators of lines, escapes, what looks like the wire. */
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc
    .array(
      fc.constantFrom(
        "\ud800",
        "\udfff",
        "\u2028",
        "\u0000",
        "\n",
        "\r",
        '"',
        "\\",
        "\u00e9",
        "$",
        "*1 ",
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join("")),
);

const anyDouble: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1e308, 5e-324, 2 ** 53, -1e21),
);

const anyBytes: fc.Arbitrary<unknown> = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.float64Array({ maxLength: 3 }),
  fc.bigInt64Array({ maxLength: 3 }),
  fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array)),
);

/** Values that some serialization refuses. */
const anyOdd: fc.Arbitrary<unknown> = fc.oneof(
  fc.bigInt(),
  fc.constantFrom<unknown>(
    () => 1,
    Symbol("s"),
    Promise.resolve(1),
    new Map([[1, new Set([2])]]),
    /a|b/gu,
    new RangeError("no"),
    new WeakMap(),
    new SharedArrayBuffer(1),
    [1].values(),
  ),
);

const anyLeaf: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 4, arbitrary: anyDouble },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, undefined, true, "") },
  { weight: 2, arbitrary: anyBytes },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: false }) },
  { weight: 1, arbitrary: fc.oneof(anyDouble, anyText).map((value) => Object(value) as object) },
  { weight: 1, arbitrary: anyOdd },
);

const anyTree: fc.Arbitrary<unknown> = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    anyLeaf,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(anyKey, anyText), tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    fc
      .tuple(fc.nat({ max: 6 }), tie("tree"))
      .map(([index, value]) => holeArray(7, { [index]: value })),
  ),
})).tree;

/** A value at or about the limit of depth. */
const anyDeep: fc.Arbitrary<unknown> = fc
  .tuple(fc.integer({ min: 125, max: 130 }), anyLeaf)
  .map(([levels, innermost]) => {
    let value = innermost;
    for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  });

const anyLong: fc.Arbitrary<unknown> = fc
  .tuple(fc.integer({ min: 1_000, max: 5_000 }), anyLeaf)
  .map(([length, element]) => Array.from({ length }, () => element));

/** Any value that a program could hand over: every double and text, deep, sparse, shared, and of every class. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: anyTree },
  { weight: 6, arbitrary: anyLeaf },
  { weight: 6, arbitrary: anyGraph(true) },
  { weight: 2, arbitrary: anyDeep },
  { weight: 1, arbitrary: fc.noShrink(anyLong) },
);
