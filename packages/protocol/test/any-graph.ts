import { Buffer } from "node:buffer";
import fc from "fast-check";
import { holeArray } from "./hole-array.ts";

/** Keys that a decoder could mistake for something else. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom(
    "$",
    "$$",
    "$bin",
    "$$bin",
    "$def",
    "$ref",
    "$map",
    "$error",
    "$date",
    "$sparse",
    "__proto__",
    "$__proto__",
    "toJSON",
    "constructor",
    "length",
    "7",
    "name",
    "data",
  ),
);

/** Primitive values, the special ones often. */
const anyPrimitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom<unknown>(null, undefined, Number.NaN, -0, Infinity, -Infinity, "$", '"$', "\\"),
);

const bytes = fc.uint8Array({ maxLength: 16 });

/** Objects that lead nowhere, of kinds that structuredClone carries as they are. */
const anyLeaf: fc.Arbitrary<object> = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc
    .tuple(
      fc.constantFrom("", "a|b", "\\/", "[$]", "\u2028"),
      fc.constantFrom("", "gi", "uy", "sv"),
    )
    .map(([source, flags]) => new RegExp(source, flags)),
  fc
    .oneof(fc.string(), fc.double(), fc.boolean(), fc.bigInt())
    .map((primitive) => Object(primitive) as object),
  bytes.map((array) => array.slice().buffer),
  bytes.map((array) => new DataView(array.slice().buffer)),
  bytes,
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

/** Objects that lead nowhere, of kinds that structuredClone changes. */
const anyOwnLeaf: fc.Arbitrary<object> = bytes.map((array) => Buffer.from(array));

const containers = ["object", "array", "sparse", "map", "set", "error"] as const;

type Kind = (typeof containers)[number];
type Link = readonly [key: string, target: unknown];

/** A value whose objects may be mentioned often, and within themselves. With `own`, what only this library carries. */
export function anyGraph(own: boolean): fc.Arbitrary<unknown> {
  const leaf = own ? fc.oneof(anyLeaf, anyOwnLeaf) : anyLeaf;
  const target = fc.oneof(
    { weight: 2, arbitrary: anyPrimitive },
    { weight: 2, arbitrary: fc.nat({ max: 7 }).map((index) => ({ index })) },
  );
  const links = fc.array(fc.tuple(anyKey, target), { maxLength: 4 });
  const node = fc.oneof(
    { weight: 1, arbitrary: leaf.map((object) => ({ object, links: [] as Link[] })) },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom<Kind>(...containers), links).map(([kind, to]) => ({
        object: empty(kind, own),
        links: to as Link[],
      })),
    },
  );
  return fc.array(node, { minLength: 1, maxLength: 8 }).map((nodes) => {
    const objects = nodes.map(({ object }) => object);
    for (const { object, links: to } of nodes) {
      for (const [key, end] of to) link(object, key, resolve(end, objects), own);
    }
    return objects[0];
  });
}

function empty(kind: Kind, own: boolean): object {
  if (kind === "map") return new Map();
  if (kind === "set") return new Set();
  if (kind === "array") return [];
  if (kind === "sparse") return holeArray(4, { 0: undefined });
  if (kind === "object") return {};
  return own ? new AggregateError([], "several") : new RangeError("out of range");
}

function link(object: object, key: string, value: unknown, own: boolean): void {
  if (object instanceof Map) object.set(value, key);
  else if (object instanceof Set) object.add(value);
  else if (Array.isArray(object)) object.push(value);
  else if (object instanceof Error && (!own || key === "name")) {
    // Node.js 20 cannot clone an error that is in its own cause.
    const cause = own || typeof value !== "object" ? value : undefined;
    Object.defineProperty(object, "cause", { value: cause, writable: true, configurable: true });
  } else {
    const descriptor = { value, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(object, key, descriptor);
  }
}

function resolve(target: unknown, objects: readonly object[]): unknown {
  if (typeof target !== "object" || target === null) return target;
  return objects[(target as { index: number }).index % objects.length];
}
