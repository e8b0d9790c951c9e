import { constants } from "node:buffer";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { carry, codeOf, encodeBy } from "../../../test/carry.ts";
import { holeArray } from "../../../test/hole-array.ts";
import type { ProtocolError } from "../../error.ts";
import { AdvancedSerialization } from "./advanced-serialization.ts";

const advanced = new AdvancedSerialization();

function* generate(): Generator<number> {
  yield 1;
}

function refusal(data: unknown): ProtocolError {
  try {
    advanced.encode(data);
  } catch (error) {
    return error as ProtocolError;
  }
  throw new Error("It was encoded.");
}

describe("what cannot be cloned", () => {
  const detached = new ArrayBuffer(1);
  structuredClone(detached, { transfer: [detached] });

  it.each<[string, unknown]>([
    ["a function", (): number => 1],
    ["a class", Map],
    ["a symbol", Symbol("s")],
    ["a boxed symbol", Object(Symbol("s"))],
    ["a promise", Promise.resolve(1)],
    ["a WeakMap", new WeakMap()],
    ["a WeakSet", new WeakSet()],
    ["a WeakRef", new WeakRef({})],
    ["a registry", new FinalizationRegistry(() => undefined)],
    ["a generator", generate()],
    ["shared memory", new SharedArrayBuffer(1)],
    ["memory that was transferred", detached],
    [
      "a getter that throws",
      {
        get bad(): never {
          throw new Error("no");
        },
      },
    ],
    [
      "a getter that throws no error",
      {
        get bad(): never {
          throw vm.runInNewContext("({})");
        },
      },
    ],
  ])("throws at the caller when it is %s", (_, data) => {
    expect(codeOf(() => advanced.encode(data))).toBe("IPC_NOT_ENCODABLE");
    expect(codeOf(() => advanced.encode({ a: [data] }))).toBe("IPC_NOT_ENCODABLE");
  });

  it.each([
    ["data", (): number => 1],
    ["data.rows[2].when", { rows: [0, 0, { when: Symbol("s") }] }],
    ['data["a key"]', { "a key": Symbol("s") }],
    [
      "data.map[1][0]",
      {
        map: new Map([
          [1, 1],
          [Symbol("s"), 2],
        ] as [unknown, unknown][]),
      },
    ],
    ["data.holes[1]", { holes: holeArray(3, { 1: Symbol("s") }) }],
    ["data[0].cause.code", [new Error("x", { cause: { code: Symbol("s") } })]],
    ["data.list[1]", { list: new Set([1, Symbol("s")]) }],
  ])("is named by its path %s", (path, data) => {
    expect(refusal(data)).toMatchObject({ code: "IPC_NOT_ENCODABLE", blame: "caller" });
    expect(refusal(data).message).toContain(`: ${path} is a `);
  });

  it("has its path cut when that is long", () => {
    const { message } = refusal({ ["k".repeat(1000)]: { b: { c: Symbol("s") } } });
    expect(message).toContain("kkk… is a symbol");
    expect(message.length).toBeLessThan(400);
  });

  it("tells what a getter has thrown", () => {
    const cause = new RangeError("not yet");
    const data = {
      get late(): never {
        throw cause;
      },
    };
    expect(refusal([data]).message).toContain("data[0] cannot be read: not yet");
    expect(refusal(data).cause).toBe(cause);
  });

  it("throws for a text that would be longer than strings can be", () => {
    // Six characters of JSON for each.
    const long = "\0".repeat(constants.MAX_STRING_LENGTH / 6 + 1);
    expect(codeOf(() => advanced.encode([long]))).toBe("IPC_NOT_ENCODABLE");
  });
});

describe("an error as a value", () => {
  it.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    "arrives as the %o it is, with its stack",
    (type) => {
      const error = new type("why", { cause: { of: "it" } });
      const arrived = carry(advanced, error) as Error;
      expect(arrived).toBeInstanceOf(type);
      expect(Object.getPrototypeOf(arrived)).toBe(type.prototype);
      expect(arrived).toMatchObject({ message: "why", stack: error.stack, cause: { of: "it" } });
      expect(Object.keys(arrived)).toEqual([]);
    },
  );

  it("of a class of one's own is an Error of its name, with its own members", () => {
    class LimitError extends RangeError {
      override readonly name = "LimitError";
      readonly code = "E_LIMIT";
      readonly at = new Date(0);
    }
    const arrived = carry(advanced, new LimitError("too much")) as LimitError;
    expect(Object.getPrototypeOf(arrived)).toBe(Error.prototype);
    expect(arrived).toMatchObject({ name: "LimitError", code: "E_LIMIT", at: new Date(0) });
    expect(Object.keys(arrived)).toEqual(["code", "at"]);
  });

  it("keeps the errors of an AggregateError, whether hidden or not", () => {
    const arrived = carry(advanced, new AggregateError([new Error("a"), 1])) as AggregateError;
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.errors).toMatchObject([{ message: "a" }, 1]);
    expect(Object.keys(arrived)).toEqual([]);
    const listed = Object.assign(new Error("x"), { errors: ["a"] });
    expect(encodeBy(advanced, listed).text?.match(/"errors"/g)).toHaveLength(1);
    expect(Object.entries(carry(advanced, listed) as object)).toEqual([["errors", ["a"]]]);
  });

  it("may be its own cause, and may have none or an undefined one", () => {
    const error = new Error("again");
    error.cause = error;
    const arrived = carry(advanced, error) as Error;
    expect(arrived.cause).toBe(arrived);
    expect("cause" in (carry(advanced, new Error("none")) as Error)).toBe(false);
    expect("cause" in (carry(advanced, new Error("x", { cause: undefined })) as Error)).toBe(true);
  });

  it("has texts for what it says, whatever its members are", () => {
    const odd = Object.assign(new Error("x"), { name: 5, message: Symbol("s"), stack: {} });
    const arrived = carry(advanced, odd) as Error;
    expect(arrived).toMatchObject({ name: "Error", message: "", stack: "Error: " });
  });

  it("leaves the stack trace limit as it was", () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 7;
    carry(advanced, new Error("x"));
    expect(Error.stackTraceLimit).toBe(7);
    Error.stackTraceLimit = stackTraceLimit;
  });
});

describe("a regular expression", () => {
  it("brings its own source and flags, and begins anew", () => {
    class Odd extends RegExp {
      override get source(): string {
        return "(";
      }
      override get flags(): string {
        return "?";
      }
    }
    const sticky = new Odd("a/b", "gy");
    sticky.lastIndex = 1;
    const arrived = carry(advanced, sticky) as RegExp;
    expect(String(arrived)).toBe(String.raw`/a\/b/gy`);
    expect(arrived.lastIndex).toBe(0);
  });
});
