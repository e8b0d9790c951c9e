import vm from "node:vm";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonSerialization } from "./json-serialization.ts";
import { carry, encodeBy } from "../../test/carry.ts";
import { withInherited } from "../../test/with-inherited.ts";

/** The data at the other side. */
function roundTrip(data: unknown): unknown {
  return carry(new JsonSerialization(), data);
}

function nested(levels: number, innermost: unknown = 0): unknown {
  let data = innermost;
  for (let level = 0; level < levels; level++) data = level % 2 === 0 ? [data] : { a: data };
  return data;
}

function code(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

function message(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return (error as Error).message;
  }
}

const bytes = fc.uint8Array({ maxLength: 64 });

const binary = fc.oneof(
  bytes.map((array) => Buffer.from(array)),
  bytes.map((array) => array.slice().buffer),
  bytes.map((array) => new DataView(array.slice().buffer)),
  bytes,
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array({ noNaN: true }),
  fc.float64Array({ noNaN: true }),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const key = fc.oneof(
  fc.string(),
  fc.constantFrom("$bin", "$$bin", "$$$bin", "bin", "__proto__", "toJSON", "length", "7"),
);

/** A user's data with binary values in it, that JSON alone would carry but for them. */
const withBinary = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), binary),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.dictionary(key, tie("data"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).data;

describe("data without binary values", () => {
  it("arrives as JSON.stringify and JSON.parse would leave it", () => {
    const anything = fc.anything({
      withBoxedValues: true,
      withDate: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      key,
    });
    fc.assert(
      fc.property(anything, (data) => {
        const text = JSON.stringify(data) as string | undefined;
        fc.pre(text !== undefined);
        expect(roundTrip(data)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a toJSON that answers an object", { a: { toJSON: (): unknown => ({ b: 1 }) } }],
    ["the key a toJSON is asked for", { a: { toJSON: (of: string): unknown => of } }],
    ["a toJSON on an element", [{ toJSON: (of: string): unknown => [of, typeof of] }]],
    [
      "a toJSON that answers one with a toJSON",
      { a: { toJSON: (): unknown => ({ b: 1, toJSON: (): unknown => 2 }) } },
    ],
    ["a toJSON that answers nothing", { a: { toJSON: (): unknown => undefined }, b: 1 }],
    ["a toJSON that answers itself", selfAnswering()],
    ["an array with a toJSON", Object.assign([1], { toJSON: (): unknown => "array" })],
    ["a hidden toJSON", Object.defineProperty({}, "toJSON", { value: (): unknown => "hidden" })],
    [
      "a function with a toJSON",
      { a: Object.assign(() => 1, { toJSON: (): unknown => 2 }), b: aDate() },
    ],
    ["a toJSON that is no function", { toJSON: 5 }],
    [
      "a member of a class",
      {
        member: new (class Pair {
          left = 1;
          readonly #right = 2;
          get sum(): number {
            return this.left + this.#right;
          }
        })(),
      },
    ],
    ["an inherited member", { heir: Object.create({ inherited: 1 }) as unknown, own: 1 }],
    [
      "a lookalike of a reference, beside a toJSON",
      { a: { $bin: [0, "Buffer"] }, b: selfAnswering() },
    ],
    ["dates", [aDate(), { at: aDate() }]],
    [
      "boxed values",
      { n: new Number(1), s: new String("s"), b: new Boolean(false), d: selfAnswering() },
    ],
    [
      "undefined, alone and beside a toJSON",
      [undefined, { a: undefined }, { a: undefined, d: selfAnswering() }],
    ],
    ["numbers JSON has no word for", [Number.NaN, -Infinity, -0, selfAnswering()]],
  ])("arrives as JSON would carry it: %s", (_, data) => {
    expect(roundTrip(data)).toEqual(JSON.parse(JSON.stringify(data)));
  });

  it("may be absent", () => {
    expect(new JsonSerialization().encode(undefined)).toBeUndefined();
  });

  it("keeps a key named __proto__ a key", () => {
    const data: unknown = JSON.parse(`{"__proto__":{"polluted":1},"when":{"__proto__":2}}`);
    const back = roundTrip(data);
    expect(JSON.stringify(back)).toBe(JSON.stringify(data));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });
});

describe("data with binary values", () => {
  it("arrives with each of the same kind and content, and all else as it was", () => {
    fc.assert(
      fc.property(withBinary, (data) => {
        expect(roundTrip(data)).toStrictEqual(data);
      }),
      { numRuns: 1000 },
    );
  });

  it("arrives beside undefined members without a lookalike being mistaken", () => {
    const data = [
      Buffer.from("x"),
      { $bin: 1, gone: undefined },
      { $$bin: [0, "Buffer"], gone: undefined },
    ];
    expect(roundTrip(data)).toEqual([Buffer.from("x"), { $bin: 1 }, { $$bin: [0, "Buffer"] }]);
  });

  it("keeps a key named __proto__ a key, with a binary value behind it", () => {
    const data: unknown = JSON.parse(`{"__proto__":{"a":1},"b":{"__proto__":5}}`);
    Object.defineProperty((data as { b: object }).b, "__proto__", {
      value: Buffer.from("x"),
      enumerable: true,
    });
    const back = roundTrip(data) as { b: object };
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(back.b)).toBe(Object.prototype);
    expect(Object.entries(back.b)).toEqual([["__proto__", Buffer.from("x")]]);
    expect(Object.keys(back)).toEqual(["__proto__", "b"]);
  });

  it("takes a binary value that a toJSON answers", () => {
    expect(roundTrip({ toJSON: () => ({ a: Uint8Array.of(1) }) })).toEqual({ a: Uint8Array.of(1) });
    expect(roundTrip({ toJSON: () => Uint8Array.of(1) })).toEqual(Uint8Array.of(1));
  });

  it("takes the part that a view shows, and the built-in kind of a subclass", () => {
    class Samples extends Int16Array {
      override get [Symbol.toStringTag](): "Int16Array" {
        return "Samples" as "Int16Array";
      }
    }
    const memory = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;
    expect(roundTrip(new Samples(memory, 2, 2))).toStrictEqual(new Int16Array(memory, 2, 2));
    expect(roundTrip(new DataView(memory, 3, 2))).toStrictEqual(
      new DataView(Uint8Array.of(3, 4).buffer),
    );
  });

  it("takes binary values and dates of another realm", () => {
    const [buffer, view, date] = vm.runInNewContext(
      "[Uint8Array.of(1, 2).buffer, new DataView(new ArrayBuffer(1)), new Date(0)]",
    ) as unknown[];
    expect(roundTrip([buffer, view, date])).toStrictEqual([
      Uint8Array.of(1, 2).buffer,
      new DataView(new ArrayBuffer(1)),
      "1970-01-01T00:00:00.000Z",
    ]);
  });

  it("copies a small one at once, and refers to one of 64 KiB", () => {
    const encoder = new JsonSerialization();
    const small = Buffer.alloc(64 * 1024 - 1);
    const large = Buffer.alloc(64 * 1024);
    const { attachments } = encodeBy(encoder, [small, large]);
    small.fill(1);
    large.fill(1);
    expect(attachments.map((attachment) => attachment[0])).toEqual([0, 1]);
  });

  it("are told apart from data that is text alone", () => {
    const encoder = new JsonSerialization();
    expect(encoder.encode(Buffer.from("x"))).toMatchObject({ attachments: [Buffer.from("x")] });
    expect(encoder.encode({ a: new Date(0) })).toBe('{"a":"1970-01-01T00:00:00.000Z"}');
  });
});

describe("the depth of data", () => {
  it("is at most 128 levels, with and without binary values", () => {
    for (const levels of [127, 128]) {
      expect(roundTrip(nested(levels))).toEqual(nested(levels));
      expect(roundTrip(nested(levels, Buffer.from("x")))).toEqual(nested(levels, Buffer.from("x")));
      expect(roundTrip(nested(levels, aDate()))).toEqual(nested(levels, aDate().toJSON()));
      expect(roundTrip(nested(levels - 1, { $bin: Buffer.from("x") }))).toEqual(
        nested(levels - 1, { $bin: Buffer.from("x") }),
      );
    }
    expect(code(() => roundTrip(nested(129)))).toBe("IPC_TOO_DEEP");
    expect(code(() => roundTrip(nested(129, Buffer.from("x"))))).toBe("IPC_TOO_DEEP");
    expect(code(() => roundTrip([nested(128), Buffer.from("x")]))).toBe("IPC_TOO_DEEP");
    expect(code(() => roundTrip(nested(128, { $bin: Buffer.from("x") })))).toBe("IPC_TOO_DEEP");
  });

  it("has no end in a cycle, which is another error and names its two ends", () => {
    const cycle: Record<string, unknown> = { list: [{}] };
    Object.assign((cycle["list"] as object[])[0] ?? {}, { "the parent": cycle });
    expect(message(() => roundTrip({ a: cycle }))).toBe(
      'The data cannot be encoded: data.a.list[0]["the parent"] is data.a again, which it is within: JSON has no text for a cycle. Leave the reference out, or give both sides the option serialization: advanced, from "ipc-eventer/advanced".',
    );
    cycle["binary"] = Buffer.from("x");
    expect(code(() => roundTrip([cycle["binary"], cycle]))).toBe("IPC_NOT_ENCODABLE");
    expect(message(() => roundTrip({ rows: [nested(129)] }))).toMatch(
      /^The data is nested more than 128 levels, at data\.rows\[0\]\[0\]\.a\[0\]\.a.{150,}…\. Send flatter data\.$/,
    );
  });
});

describe("what cannot be encoded", () => {
  it.each([
    ["a function", (): void => undefined],
    ["a symbol", Symbol("s")],
    ["a bigint", 1n],
    ["a bigint inside", { a: [1n] }],
    ["a toJSON that throws", { toJSON: fail }],
    ["a getter that throws", Object.defineProperty({}, "a", { get: fail, enumerable: true })],
    ["a toJSON that answers nothing", { toJSON: (): unknown => undefined }],
    ["shared memory", new SharedArrayBuffer(8)],
    ["shared memory beside other data", { a: 1, b: [new SharedArrayBuffer(8)] }],
  ])("throws at the caller: %s", (_, data) => {
    expect(() => new JsonSerialization().encode(data)).toThrow(
      expect.objectContaining({ code: "IPC_NOT_ENCODABLE", blame: "caller" }),
    );
  });

  const leaveOut = "Leave it out, or send something else in its place.";
  const sendPlain =
    'Send plain data in its place, or give both sides the option serialization: advanced, from "ipc-eventer/advanced".';

  it.each<[string, unknown, string]>([
    [
      "a function",
      { items: [1, 2, 3, { onProgress: fail }] },
      "data.items[3].onProgress is a function. " + leaveOut,
    ],
    ["a method", { url: "x", onProgress(): void {} }, "data.onProgress is a function. " + leaveOut],
    ["a function alone", fail, "data is a function. " + leaveOut],
    ["a symbol", [[Symbol("s")]], "data[0][0] is a symbol. " + leaveOut],
    ["a class", { type: Date }, "data.type is a function. " + leaveOut],
    [
      "a bigint",
      { "a key": 1n },
      'data["a key"] is a bigint, which JSON has no text for. Send a string in its place, or give both sides the option serialization: advanced, from "ipc-eventer/advanced".',
    ],
    [
      "a bigint in a box",
      [Object(1n)],
      'data[0] is a bigint, which JSON has no text for. Send a string in its place, or give both sides the option serialization: advanced, from "ipc-eventer/advanced".',
    ],
    [
      "a promise",
      { user: Promise.resolve(1) },
      "data.user is a Promise, which JSON would write as {}. Await it first.",
    ],
    [
      "a Map",
      { index: new Map([[1, 2]]) },
      "data.index is a Map, which JSON would write as {}. " + sendPlain,
    ],
    ["a Set", [new Set()], "data[0] is a Set, which JSON would write as {}. " + sendPlain],
    [
      "a subclass with members",
      Object.assign(new (class Index extends Map {})(), { a: 1 }),
      "data is a Map, which JSON would write as {}. " + sendPlain,
    ],
    [
      "an error",
      { why: new TypeError("no") },
      "data.why is an Error, which JSON would write as {}. " + sendPlain,
    ],
    [
      "an error with members",
      Object.assign(new Error("no"), { code: 1 }),
      "data is an Error, which JSON would write as {}. " + sendPlain,
    ],
    [
      "an error of another realm",
      [vm.runInNewContext("new Error('far')")],
      "data[0] is an Error, which JSON would write as {}. " + sendPlain,
    ],
    [
      "a regular expression",
      [/a/],
      "data[0] is a RegExp, which JSON would write as {}. " + sendPlain,
    ],
    ["a WeakMap", new WeakMap(), "data is a WeakMap, which JSON would write as {}. " + leaveOut],
    ["a WeakRef", new WeakRef({}), "data is a WeakRef, which JSON would write as {}. " + leaveOut],
    [
      "a generator",
      [].values(),
      "data is an Array Iterator, which JSON would write as {}. " + leaveOut,
    ],
    [
      "an object of the platform",
      new URLSearchParams("a=1"),
      "data is an URLSearchParams, which JSON would write as {}. " + leaveOut,
    ],
    [
      "a toJSON that answers a function",
      { a: { toJSON: (): unknown => fail } },
      "data.a is a function. " + leaveOut,
    ],
    [
      "a toJSON that throws",
      { a: [{ toJSON: fail }] },
      "data.a[0] cannot be read: no. " + leaveOut,
    ],
    [
      "a getter that throws",
      [Object.defineProperty({}, "a", { get: fail, enumerable: true })],
      "data[0].a cannot be read: no. " + leaveOut,
    ],
    [
      "a getter that throws what has no text",
      {
        get a(): unknown {
          throw Object.create(null);
        },
      },
      "data.a cannot be read: something without a text was thrown. " + leaveOut,
    ],
    [
      "what is beside bytes",
      { bytes: Buffer.from("x"), done: fail },
      "data.done is a function. " + leaveOut,
    ],
  ])("is refused with the path to it, and what to do: %s", (_, data, text) => {
    expect(message(() => new JsonSerialization().encode(data))).toBe(
      `The data cannot be encoded: ${text}`,
    );
    expect(code(() => new JsonSerialization().encode(data))).toBe("IPC_NOT_ENCODABLE");
  });

  it("is an array longer than any text", () => {
    const endless: unknown[] = [];
    endless.length = 2 ** 32 - 1;
    expect(message(() => new JsonSerialization().encode({ endless }))).toMatch(
      /data\.endless is an array of 4294967295 elements/,
    );
  });

  it("is not what the program has taught to be written", () => {
    const prototype = BigInt.prototype as { toJSON?: () => unknown };
    prototype.toJSON = taughtBigint;
    try {
      expect(roundTrip({ a: [1n], b: 2 })).toEqual({ a: ["1n"], b: 2 });
    } finally {
      delete prototype.toJSON;
    }
    const taught = Object.assign(new Map([[1, 2]]), { toJSON: (): unknown => "a map" });
    expect(roundTrip([taught, Object.assign(() => 1, { toJSON: (): unknown => 2 })])).toEqual([
      "a map",
      2,
    ]);
  });

  it("is not an object of a class, whose own members cross", () => {
    class Empty {
      get size(): number {
        return Object.keys(this).length;
      }
    }
    class Point {
      x = 1;
      readonly #hidden = 2;
      get sum(): number {
        return this.x + this.#hidden;
      }
      [Symbol.toStringTag] = "Map";
    }
    expect(roundTrip([new Empty(), new Point()])).toEqual([{}, { x: 1 }]);
  });

  it("is not what Object.prototype has been given: only own members cross", () => {
    const encoder = new JsonSerialization();
    const texts = withInherited({ fn: fail, config: { deep: {} }, $map: 1 }, () => [
      encodeBy(encoder, { a: { b: [{}] } }).text,
      encodeBy(encoder, [{ a: Buffer.from("x") }]).text,
    ]);
    expect(texts).toEqual(['{"a":{"b":[{}]}}', '[{"a":{"$bin":[0,"Buffer"]}}]']);
  });

  it("is not confused by data that has something else encoded while it is looked at", () => {
    const encoder = new JsonSerialization();
    const talkative = {
      file: Buffer.from("file"),
      toJSON(): unknown {
        encoder.encode({ other: [Buffer.from("one"), Buffer.from("two")] });
        return { file: this.file };
      },
    };
    expect(encoder.encode([talkative])).toMatchObject({
      text: '[{"file":{"$bin":[0,"Buffer"]}}]',
      attachments: [Buffer.from("file")],
    });
    const plain = {
      get text(): string {
        encoder.encode(Buffer.from("other"));
        return "text";
      },
    };
    expect(encoder.encode(plain)).toBe('{"text":"text"}');
  });

  it("keeps what was thrown as the cause", () => {
    expect(() => new JsonSerialization().encode({ toJSON: fail })).toThrow(
      expect.objectContaining({ cause: new Error("no") }),
    );
    const foreign: unknown = vm.runInNewContext("({ toJSON() { throw new Error('foreign') } })");
    expect(() => new JsonSerialization().encode(foreign)).toThrow("cannot be read: foreign.");
  });
});

function fail(): never {
  throw new Error("no");
}

function taughtBigint(this: bigint): unknown {
  return `${this}n`;
}

function aDate(): Date {
  return new Date(86_400_000);
}

function selfAnswering(): object {
  return {
    a: 1,
    toJSON(): unknown {
      return this;
    },
  };
}
