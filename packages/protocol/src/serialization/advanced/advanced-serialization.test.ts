import { Buffer } from "node:buffer";
import vm from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGraph, anyKey } from "../../../test/any-graph.ts";
import { carry, codeOf, encodeBy } from "../../../test/carry.ts";
import { holeArray } from "../../../test/hole-array.ts";
import { isSameGraph } from "../../../test/same-graph.ts";
import { maxDepth } from "../../limits.ts";
import { AdvancedSerialization } from "./advanced-serialization.ts";
import { JsonSerialization } from "../json-serialization.ts";

const advanced = new AdvancedSerialization();

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let data: unknown = 0;
  for (let level = 0; level < levels; level++) data = wrap(data);
  return data;
}

describe("a value of the documented set", () => {
  it("arrives equal, each object wherever it stood", () => {
    fc.assert(
      fc.property(anyGraph(true), (data) => isSameGraph(carry(advanced, data), data)),
      { numRuns: 3000 },
    );
  });

  it("arrives as structuredClone would make it, of the kinds that both know", () => {
    fc.assert(
      fc.property(anyGraph(false), (data) =>
        isSameGraph(carry(advanced, data), structuredClone(data)),
      ),
      { numRuns: 3000 },
    );
  });

  it("is not changed by being sent", () => {
    fc.assert(
      fc.property(anyGraph(false), (data) => {
        const before = structuredClone(data);
        advanced.encode(data);
        return isSameGraph(data, before);
      }),
    );
  });

  it("has the same text once it has been carried", () => {
    fc.assert(
      fc.property(anyGraph(true), (data) => {
        const { text } = encodeBy(advanced, data);
        return encodeBy(advanced, carry(advanced, data)).text === text;
      }),
    );
  });
});

describe("data that JSON carries whole", () => {
  const plain = fc.letrec<{ data: unknown }>((tie) => ({
    data: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie("data"), { maxLength: 4 }),
      fc.dictionary(anyKey, tie("data"), { maxKeys: 4 }),
    ),
  })).data;

  it("is the same text, but for what looks like a tag", () => {
    fc.assert(
      fc.property(plain, (data) => {
        const text = JSON.stringify(data);
        fc.pre(!/\{"\$[^"]*":/.test(text));
        expect(advanced.encode(data)).toBe(text);
      }),
    );
  });

  it("arrives as it arrives with JSON", () => {
    fc.assert(
      fc.property(plain, (data) => {
        expect(carry(advanced, data)).toEqual(carry(new JsonSerialization(), data));
      }),
    );
  });

  it.each([[undefined], [null], [true], [0], [1.5], ["text"], ["$"], [""]])(
    "arrives when it is %j alone",
    (data) => {
      expect(carry(advanced, data)).toBe(data);
    },
  );

  it("is text alone unless there is something to take out of it", () => {
    expect(encodeBy(advanced, Buffer.from("a")).attachments).toHaveLength(1);
    expect(advanced.encode({ a: 1 })).toBe('{"a":1}');
    expect(advanced.encode(new Set())).toBe('{"$set":[]}');
    expect(advanced.encode(undefined)).toBeUndefined();
  });
});

describe("an object", () => {
  it("is the own enumerable members of its class, without asking toJSON", () => {
    class Point {
      readonly x = 1;
      readonly #y = 2;
      get sum(): number {
        return this.x + this.#y;
      }
      toJSON(): unknown {
        return "a point";
      }
    }
    expect(carry(advanced, [new Point()])).toEqual([{ x: 1 }]);
    expect(carry(advanced, Object.create({ inherited: 1 }))).toEqual({});
  });

  it("has the usual prototype when it arrives, also if it had none", () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(Object.getPrototypeOf(carry(advanced, bare))).toBe(Object.prototype);
    expect(Object.getPrototypeOf(carry(advanced, { bare, big: 1n }))).toBe(Object.prototype);
  });

  it("gets no prototype from a member named __proto__", () => {
    const data = JSON.parse('{"__proto__":{"admin":true},"x":{"__proto__":[1]}}') as object;
    for (const sent of [data, { data, big: 1n }, { $a: data }]) {
      const arrived = carry(advanced, sent);
      expect(arrived).toEqual(sent);
      expect((arrived as { admin?: unknown }).admin).toBeUndefined();
    }
    expect(carry(advanced, { ["__proto__"]: 1n })).toEqual({ ["__proto__"]: 1n });
  });

  it("of another realm arrives as one of this", () => {
    const source =
      "({ o: {}, a: [1], m: new Map([[1, 2]]), s: new Set([1]), d: new Date(5), r: /x/g, e: new TypeError('x'), n: Object(1) })";
    const data = vm.runInNewContext(source) as Record<string, object>;
    const arrived = carry(advanced, data) as Record<string, object>;
    expect(Object.values(arrived).map((one) => one.constructor)).toEqual([
      Object,
      Array,
      Map,
      Set,
      Date,
      RegExp,
      TypeError,
      Number,
    ] as unknown[]);
  });

  it("is what it is, whatever it says of itself", () => {
    const hidden = new Map([[1, 2]]);
    Object.defineProperty(hidden, Symbol.toStringTag, { value: "Cache" });
    expect(carry(advanced, hidden)).toEqual(new Map([[1, 2]]));
    class Pretender {
      readonly a = 1n;
      readonly [Symbol.toStringTag] = "Map";
    }
    expect(carry(advanced, new Pretender())).toEqual({ a: 1n });
    const inherited = Object.assign(Object.create(Date.prototype) as object, { a: 1 });
    expect(carry(advanced, inherited)).toEqual({ a: 1 });
  });

  it("that is binary and mentioned twice is sent once", () => {
    const bytes = Buffer.from("once");
    const [left, right] = carry(advanced, [bytes, bytes]) as [Buffer, Buffer];
    expect(left).toEqual(bytes);
    expect(right).toBe(left);
    expect(encodeBy(advanced, [bytes, bytes]).attachments).toHaveLength(1);
  });

  it("that is a view brings its own bytes only, not those that another view has", () => {
    const memory = Uint8Array.of(1, 2, 3, 4).buffer;
    const views = [new Uint8Array(memory, 0, 2), new Uint8Array(memory, 1, 2)];
    const arrived = carry(advanced, views) as Uint8Array[];
    expect(arrived).toEqual(views);
    expect(arrived.map((view) => view.buffer.byteLength)).toEqual([2, 2]);
  });
});

describe("an array", () => {
  it("keeps its holes, which are not undefined", () => {
    const holes = holeArray(6, { 1: undefined, 2: 3 });
    holes[5] = holes;
    const arrived = carry(advanced, holes) as unknown[];
    expect(Object.keys(arrived)).toEqual(["1", "2", "5"]);
    expect(arrived).toHaveLength(6);
    expect(arrived[5]).toBe(arrived);
  });

  it("brings its elements alone", () => {
    expect(carry(advanced, Object.assign([1n], { more: 1 }))).toEqual([1n]);
    expect(carry(advanced, Object.assign([1], { toJSON: () => "no" }))).toEqual([1]);
    class Stack extends Array<number> {}
    expect(carry(advanced, Stack.of(1, 2))).toStrictEqual([1, 2]);
  });
});

describe("nesting", () => {
  const wraps: [string, (inner: unknown) => unknown][] = [
    ["arrays", (inner) => [inner]],
    ["objects", (inner) => ({ inner })],
    ["objects that look like tags", (inner) => ({ $map: inner })],
    ["Maps", (inner) => new Map([[inner, inner === 0 ? 0 : 1]])],
    ["Sets", (inner) => new Set([inner])],
    ["causes", (inner) => new Error("x", { cause: inner })],
    ["members of errors", (inner) => Object.assign(new Error("x"), { inner })],
    ["sparse arrays", (inner) => holeArray(2, { 1: inner })],
  ];

  it.each(wraps)("of %s goes to the limit and no further", (_, wrap) => {
    for (const levels of [maxDepth - 1, maxDepth]) {
      const data = nested(levels, wrap);
      expect(isSameGraph(carry(advanced, data), data)).toBe(true);
    }
    expect(codeOf(() => advanced.encode(nested(maxDepth + 1, wrap)))).toBe("IPC_TOO_DEEP");
  });

  it("does not count binary values, dates, expressions and boxed primitives", () => {
    for (const leaf of [Buffer.from("a"), new Date(0), /x/, Object(1) as object]) {
      const data = nested(maxDepth, (inner) => [inner === 0 ? leaf : inner]);
      expect(carry(advanced, data)).toEqual(data);
    }
  });
});
