import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordError } from "./record-error.ts";
import { type RemoteError, restoreError } from "./remote-error.ts";

/** The error that arrives at the peer for something that was thrown. */
function cross(thrown: unknown, withStack = false): RemoteError {
  const text = JSON.stringify(recordError(thrown, withStack));
  const restored = restoreError(JSON.parse(text));
  if (restored === undefined) throw new Error(`No error: ${text}`);
  return restored;
}

function angry(): never {
  throw new Error("trap");
}

/** An object of so many levels, each of which has the next one twice. */
function dag(levels: number): unknown {
  let inner: unknown = ["", ""];
  for (let level = 0; level < levels; level++) inner = [inner, inner];
  return inner;
}

describe("an error that crosses", () => {
  it("keeps name, message, code and own members, and is an Error", () => {
    const error = Object.assign(new TypeError("no"), {
      code: 7,
      list: [1, { two: 2 }],
      at: new Date(0),
    });
    const restored = cross(error);
    expect(restored).toBeInstanceOf(Error);
    expect(restored).toMatchObject({ name: "TypeError", message: "no", code: 7 });
    expect(Object.keys(restored)).toEqual(["list", "at", "code"]);
    expect(Reflect.get(restored, "list")).toEqual([1, { two: 2 }]);
    expect(Reflect.get(restored, "at")).toBe("1970-01-01T00:00:00.000Z");
  });

  it("has no code and no stack of the peer unless there are some", () => {
    const restored = cross(new Error("x"));
    expect("code" in restored).toBe(false);
    expect("remoteStack" in restored).toBe(false);
    expect(restored.stack).not.toContain("record-error.test.ts:7");
  });

  it("brings its stack apart, and not among its members, when that is wanted", () => {
    const error = new Error("x", { cause: new Error("y") });
    const restored = cross(error, true);
    expect(restored.remoteStack).toBe(error.stack);
    expect((restored.cause as RemoteError).remoteStack).toContain("Error: y");
    expect(Object.keys(restored)).toEqual([]);
  });

  it("keeps a name of its class", () => {
    class OutOfPaper extends Error {
      override readonly name = "OutOfPaper";
    }
    expect(cross(new OutOfPaper("tray 2"))).toMatchObject({
      name: "OutOfPaper",
      message: "tray 2",
    });
    expect(String(cross(new OutOfPaper("tray 2")))).toBe("OutOfPaper: tray 2");
  });

  it("is an error of another realm too", () => {
    const foreign: unknown = runInNewContext(
      `Object.assign(new RangeError("far"), { code: "FAR" })`,
    );
    expect(foreign).not.toBeInstanceOf(Error);
    expect(cross(foreign)).toMatchObject({ name: "RangeError", message: "far", code: "FAR" });
  });
});

describe("its causes", () => {
  it("are errors and other values", () => {
    expect(cross(new Error("x", { cause: new RangeError("y") })).cause).toMatchObject({
      name: "RangeError",
      message: "y",
    });
    for (const cause of [null, 5, "text", { a: [1] }]) {
      expect(cross(new Error("x", { cause })).cause).toEqual(cause);
    }
    expect(cross(new Error("x", { cause: () => 1 })).cause).toBeUndefined();
    expect(cross(new Error("x", { cause: 5n })).cause).toBeUndefined();
  });

  it("cross eight deep", () => {
    let error = new Error("0");
    for (let depth = 1; depth <= 20; depth++) error = new Error(`${depth}`, { cause: error });
    const messages: string[] = [];
    for (let one: unknown = cross(error); one instanceof Error; one = one.cause) {
      messages.push(one.message);
    }
    expect(messages).toEqual(["20", "19", "18", "17", "16", "15", "14", "13", "12"]);
  });

  it("that go in a circle end", () => {
    const error = new Error("x");
    error.cause = error;
    let depth = 0;
    for (let one: unknown = cross(error); one instanceof Error; one = one.cause) depth++;
    expect(depth).toBe(9);
  });
});

describe("the errors of an aggregate", () => {
  it("cross, hidden as the built-in class has them, with their own causes and members", () => {
    const first = Object.assign(new TypeError("a: 404", { cause: 5 }), { code: "E_A" });
    const inner = new AggregateError([new Error("deep")], "inner");
    const restored = cross(new AggregateError([first, "text", inner, undefined], "all failed"));
    expect(restored).toMatchObject({ name: "AggregateError", message: "all failed" });
    expect(Object.keys(restored)).toEqual([]);
    const errors = restored.errors ?? [];
    expect(errors).toHaveLength(4);
    expect(errors[0]).toMatchObject({
      name: "TypeError",
      message: "a: 404",
      code: "E_A",
      cause: 5,
    });
    expect([errors[1], errors[3]]).toEqual(["text", undefined]);
    expect((errors[2] as RemoteError).errors?.[0]).toMatchObject({ message: "deep" });
  });

  it("are those of any error that lists errors, and else a member like any other", () => {
    const ours = Object.assign(new Error("several"), { errors: [new RangeError("one")] });
    expect(cross(ours).errors?.[0]).toMatchObject({ name: "RangeError", message: "one" });
    const invalid = Object.assign(new Error("invalid"), { errors: ["no name", { path: ["age"] }] });
    expect(Object.entries(cross(invalid))).toEqual([["errors", ["no name", { path: ["age"] }]]]);
  });

  it("are 128 with all their causes, however they refer to each other", () => {
    const many = new AggregateError(Array.from({ length: 1_000 }, (_, n) => new Error(`${n}`)));
    expect(cross(many).errors).toHaveLength(127);
    const all = Array.from({ length: 9 }, () => new AggregateError([]));
    for (const one of all) one.errors = all;
    let count = 0;
    const visit = (error: RemoteError): void => {
      count++;
      for (const inner of error.errors ?? []) if (inner !== undefined) visit(inner as RemoteError);
    };
    visit(cross(all[0]));
    expect(count).toBe(128);
  });

  it("are read from a peer no more than 128 at a time, with 4,096 members each", () => {
    const one = `{"error":{"name":"x","message":"y","errors":[]}}`;
    const list = Array.from({ length: 2_000 }, () => one).join(",");
    const text = `{"name":"x","message":"y","errors":[${list}],"cause":${one}}`;
    const restored = restoreError(JSON.parse(text));
    expect(restored?.cause).toBeInstanceOf(Error);
    expect(restored?.errors?.filter((error) => error !== undefined)).toHaveLength(126);
    const members = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`m${n}`, n]));
    const long = restoreError({ name: "x", message: "y", data: members });
    expect(Object.keys(long ?? {})).toHaveLength(4_096);
    for (const errors of [5, {}, null, "x"]) {
      expect(restoreError({ name: "x", message: "y", errors })?.errors).toBeUndefined();
    }
  });
});

describe("an error that costs more than it says", () => {
  it("goes without the members in which objects are shared without end", () => {
    const error = Object.assign(new RangeError("by zero", { cause: dag(60) }), {
      code: "DIVISOR",
      few: [dag(3)],
      dividend: dag(60),
    });
    const record = recordError(error, false);
    expect(record).toMatchObject({ name: "RangeError", message: "by zero", code: "DIVISOR" });
    expect(JSON.stringify(record).length).toBeLessThan(1_000);
    expect(Object.keys(record.data ?? {})).toEqual(["few"]);
  });

  it("is given up once too much was read of members that are left out", () => {
    const members = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`m${n}`, dag(60)]));
    const record = recordError(Object.assign(new Error("x"), { a: 1 }, members, { z: 1 }), false);
    expect(record.data).toEqual({ a: 1 });
  });

  it("has no text of all that it shares", () => {
    expect(cross(dag(60)).message).toBe("[object Array]");
    expect(cross(Object.assign(new Error("x"), { message: dag(60), name: dag(60) }))).toMatchObject(
      {
        name: "[object Array]",
        message: "[object Array]",
      },
    );
  });

  it("brings 4,096 values at most", () => {
    const data = { first: Array(2_000).fill(1), second: Array(3_000).fill(2), third: [3] };
    expect(Object.keys(cross(Object.assign(new Error("x"), data)))).toEqual(["first", "third"]);
    const bytes = Object.assign(new Error("x"), {
      large: Buffer.alloc(32 * 1024 * 1024),
      elements: new Float64Array(4 * 1024 * 1024),
      small: Buffer.from("a"),
    });
    expect(Object.entries(cross(bytes))).toEqual([["small", { type: "Buffer", data: [97] }]]);
  });

  it("brings 262,144 characters at most, its causes before its members", () => {
    const long = "x".repeat(60_000);
    let error = new Error("0", { cause: long });
    for (let depth = 1; depth < 4; depth++) error = new Error(long, { cause: error });
    const text = JSON.stringify(recordError(Object.assign(error, { a: long, b: "b" }), false));
    expect(text.length).toBeLessThan(270_000);
    expect(restoreError(JSON.parse(text))).toMatchObject({ message: long, b: "b" });
    expect(Reflect.get(restoreError(JSON.parse(text)) ?? {}, "a")).toBeUndefined();
  });

  it("keeps what JSON would leave of its members, and errors among them", () => {
    const error = Object.assign(new Error("x"), {
      original: Object.assign(new TypeError("inner"), { at: new Date(0), run: (): number => 1 }),
      map: new Map(),
      list: [undefined, Number.NaN, new Set(), new Number(1)],
    });
    expect(Object.entries(cross(error))).toEqual([
      ["original", { name: "TypeError", message: "inner", at: "1970-01-01T00:00:00.000Z" }],
      ["list", [null, null, null, 1]],
    ]);
  });
});

describe("members that are hostile", () => {
  it("never reach a prototype", () => {
    const error = new Error("x");
    Object.defineProperty(error, "__proto__", { value: { polluted: 1 }, enumerable: true });
    const restored = cross(error);
    expect(restored).toBeInstanceOf(Error);
    expect(Reflect.get(restored, "polluted")).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(restored, "__proto__")?.value).toEqual({ polluted: 1 });
    const peer = `{"name":"x","message":"y","data":{"constructor":1,"toString":2,"hasOwnProperty":3,"stack":4,"message":5}}`;
    expect(String(restoreError(JSON.parse(peer)))).toBe("x: y");
    expect(restoreError(JSON.parse(peer))?.stack).toBeTypeOf("string");
  });

  it("that throw, refer to themselves, are functions or too deep stay at home", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    let deep: unknown = 1;
    for (let level = 0; level < 65; level++) deep = [deep];
    const error = Object.assign(new Error("x"), {
      circle,
      deep,
      big: 1n,
      run: () => 1,
      kept: true,
    });
    Object.defineProperty(error, "trap", {
      enumerable: true,
      get: angry,
    });
    expect(Object.entries(cross(error))).toEqual([["kept", true]]);
  });

  it("do not throw where name, message, code, cause or stack are traps", () => {
    const error = new Error("x");
    // The stack first: V8 reads the name to make it.
    for (const key of ["stack", "name", "message", "code", "cause"]) {
      Object.defineProperty(error, key, {
        get: angry,
      });
    }
    expect(cross(error, true)).toMatchObject({ name: "Error", message: "" });
    const odd = Object.assign(new Error("x"), { code: {}, name: { toString: null }, stack: 5 });
    expect(cross(odd, true)).toMatchObject({ name: "something without a text", message: "x" });
  });

  it("do not throw behind a proxy", () => {
    const handler = { get: angry, has: angry, ownKeys: angry, getPrototypeOf: angry };
    expect(cross(new Proxy({}, handler)).message).toBe("something without a text");
    const half = new Proxy(new Error("x"), { get: angry, has: angry, ownKeys: angry });
    expect(cross(half)).toMatchObject({ name: "Error", message: "" });
  });

  it("do not throw wherever a proxy throws first", () => {
    for (let calm = 0; calm < 200; calm++) {
      let left = calm;
      const handler: ProxyHandler<object> = new Proxy(
        {},
        {
          get: (_, trap) => {
            if (left-- <= 0) angry();
            return Reflect.get(Reflect, trap) as unknown;
          },
        },
      );
      const list = new Proxy([new Proxy(new Error("inner"), handler), 5], handler);
      const error = new AggregateError([], "outer", { cause: new Proxy(new Error("c"), handler) });
      Object.defineProperty(error, "errors", { value: list });
      Object.assign(error, { member: new Proxy({ a: [1] }, handler), list });
      expect(cross(error, true).message).toBe("outer");
      expect(() => recordError(new Proxy(error, handler), true)).not.toThrow();
    }
  });

  it("are cut where they are texts without end", () => {
    const long = "x".repeat(100_000);
    const error = Object.assign(new Error(long), { name: long, code: long });
    const { name, message, code } = cross(error);
    expect([name.length, message.length, String(code).length]).toEqual([256, 65_536, 256]);
  });
});

describe("what is thrown and is no error", () => {
  it.each([
    ["a text", "a text", "a text"],
    [5, "5", 5],
    [null, "null", null],
    [undefined, "undefined", undefined],
    [{ code: 5 }, "[object Object]", { code: 5 }],
    [Symbol("s"), "Symbol(s)", undefined],
    [5n, "5", undefined],
    [Object.create(null), "something without a text", {}],
  ])("crosses: %o", (thrown, message, value) => {
    const restored = cross(thrown);
    expect(restored).toMatchObject({ name: "Error", message });
    expect(Reflect.get(restored, "thrown")).toEqual(value);
  });
});

describe("whatever is thrown", () => {
  it("crosses without an error of its own", () => {
    const thrown = fc.oneof(
      fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }),
      fc
        .record({ message: fc.anything(), name: fc.anything(), code: fc.anything() })
        .map((members) => {
          const error = new Error("x");
          for (const [key, value] of Object.entries(members)) Reflect.set(error, key, value);
          return error;
        }),
    );
    fc.assert(
      fc.property(thrown, fc.boolean(), (value, withStack) => {
        expect(cross(value, withStack)).toBeInstanceOf(Error);
      }),
      { numRuns: 500 },
    );
  });

  it("is restored from whatever JSON a peer sends, or refused", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue({ maxDepth: 3 }), (data, cause) => {
        const record = { name: "n", message: "m", code: data, stack: cause, data, cause };
        expect(restoreError(record)).toBeInstanceOf(Error);
        expect([true, false]).toContain(restoreError(data) === undefined);
      }),
      { numRuns: 300 },
    );
  });

  it.each([null, 5, "text", [], {}, { name: "x" }, { message: "y" }, { name: 1, message: "y" }])(
    "is no error without name and message: %o",
    (value) => {
      expect(restoreError(value)).toBeUndefined();
    },
  );
});
