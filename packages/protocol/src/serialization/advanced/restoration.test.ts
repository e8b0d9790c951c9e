import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { anyGraph } from "../../../test/any-graph.ts";
import { codeOf, encodeBy, receive } from "../../../test/carry.ts";
import { isLong } from "../../../test/dice.ts";
import { ProtocolError } from "../../error.ts";
import { maxDepth } from "../../limits.ts";
import { AdvancedSerialization } from "./advanced-serialization.ts";

/** IPC_TEST_LONG asks for the long form. */
const numRuns = isLong ? 20_000 : 3_000;

const advanced = new AdvancedSerialization();

function decode(text: string): unknown {
  return receive(advanced, text);
}

function errorForm(members: string): string {
  return `{"$error":{${members}}}`;
}

function arrays(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

/** Throws unless a form is decoded, or refused with one of the codes there are for it. */
function check(form: unknown, attachments: readonly Uint8Array[]): void {
  const codes = [
    "IPC_INVALID_MESSAGE",
    "IPC_ATTACHMENTS_MISMATCH",
    "IPC_TOO_DEEP",
    "IPC_NOT_DECODABLE",
  ];
  try {
    receive(advanced, JSON.stringify(form), attachments);
  } catch (thrown) {
    const refused = thrown instanceof ProtocolError && thrown.blame === "peer";
    if (!refused || !codes.includes(thrown.code)) throw thrown;
  }
}

describe("a form that the specification does not know", () => {
  it.each([
    ["an unknown tag", '{"$other":1}'],
    ["an unknown name", '{"$":"null"}'],
    ["a name that is no text", '{"$":0}'],
    ["an escaped key that is a tag", String.raw`{"\u0024other":1}`],
    ["digits that are none", '{"$bigint":"1e3"}'],
    ["digits with a zero ahead", '{"$bigint":"01"}'],
    ["digits of minus zero", '{"$bigint":"-0"}'],
    ["digits that are a number", '{"$bigint":1}'],
    ["a date in another form", '{"$date":"1970-01-01"}'],
    ["a day that no month has", '{"$date":"2021-02-30T00:00:00.000Z"}'],
    ["a date that is a number", '{"$date":0}'],
    ["a date beyond the range", '{"$date":"+275760-09-13T00:00:00.001Z"}'],
    ["a long date", `{"$date":"${"1".repeat(1000)}"}`],
    ["an expression without flags", '{"$regexp":["a"]}'],
    ["an expression that is no text", '{"$regexp":[1,""]}'],
    ["a boxed null", '{"$boxed":null}'],
    ["a boxed undefined", '{"$boxed":{"$":"undefined"}}'],
    ["a boxed object", '{"$boxed":{"a":1}}'],
    ["a boxed form with two members", '{"$boxed":{"$":"NaN","b":1}}'],
    ["a boxed box", '{"$boxed":{"$boxed":1}}'],
    ["a Map of no entries", '{"$map":{}}'],
    ["an entry without a value", '{"$map":[[1]]}'],
    ["a key twice", '{"$map":[["a",1],["a",2]]}'],
    ["a Set of no array", '{"$set":{"0":1}}'],
    ["a member twice", '{"$set":[{"$":"NaN"},{"$":"NaN"}]}'],
    ["an error without a name", errorForm('"message":""')],
    ["an error without a message", errorForm('"name":"Error"')],
    ["a stack that is no text", errorForm('"name":"Error","message":"","stack":1')],
    ["an unknown member of an error", errorForm('"name":"Error","message":"","other":1')],
    ["data of an error that is no object", errorForm('"name":"Error","message":"","data":[1]')],
    ["data in the place of a member", errorForm('"name":"Error","message":"","data":{"stack":1}')],
    ["an error that is a text", '{"$error":"Error"}'],
    ["a length that is none", '{"$sparse":[-1,{}]}'],
    ["a length beyond that of arrays", '{"$sparse":[4294967296,{}]}'],
    ["an index beyond the length", '{"$sparse":[1,{"1":1}]}'],
    ["more elements than the length", '{"$sparse":[1,{"0":1,"00":1}]}'],
    ["an index in another form", '{"$sparse":[3,{"01":1}]}'],
    ["elements in an array", '{"$sparse":[3,[1]]}'],
    ["a reference to nothing", '{"$ref":0}'],
    ["a reference that is no number", '{"$ref":"0"}'],
    ["a reference to what comes later", '[{"$ref":0},{"$def":[0,{}]}]'],
    ["a reference to what all arrays have", '{"$ref":"length"}'],
    ["a definition out of its turn", '{"$def":[1,{}]}'],
    ["a definition twice", '[{"$def":[0,{}]},{"$def":[0,{}]}]'],
    ["a definition of a text", '{"$def":[0,"a"]}'],
    ["a definition of null", '{"$def":[0,null]}'],
    ["a definition of a bigint", '{"$def":[0,{"$bigint":"1"}]}'],
    ["a definition of a reference", '{"$def":[0,{"$ref":0}]}'],
    ["a definition of a definition", '{"$def":[0,{"$def":[1,{}]}]}'],
    ["a definition without a value", '{"$def":[0]}'],
  ])("is a violation when it is %s", (_, text) => {
    expect(codeOf(() => decode(text))).toBe("IPC_INVALID_MESSAGE");
    expect(codeOf(() => decode(`{"a":[${text}]}`))).toBe("IPC_INVALID_MESSAGE");
  });

  it.each([
    ["a reference to no attachment", '{"$bin":[0,"Buffer"]}', []],
    ["a malformed reference", '{"$bin":0}', [new Uint8Array(1)]],
    ["an index that is a text", '{"$bin":["0","Buffer"]}', [new Uint8Array(1)]],
    ["two references to one", '[{"$bin":[0,"Buffer"]},{"$bin":[0,"Buffer"]}]', [new Uint8Array(1)]],
    ["an attachment that nothing refers to", "{}", [new Uint8Array(1)]],
    ["an unknown kind", '{"$bin":[0,"Blob"]}', [new Uint8Array(1)]],
    ["half an element", '{"$bin":[0,"Int32Array"]}', [new Uint8Array(6)]],
  ])("does not add up when it is %s", (_, text, attachments) => {
    const work = (): unknown => receive(advanced, text, attachments);
    expect(codeOf(work)).toBe("IPC_ATTACHMENTS_MISMATCH");
  });
});

describe("a regular expression that this runtime does not know", () => {
  it.each(['["(",""]', '["a","gg"]', '["a","?"]'])("costs its message alone: %s", (content) => {
    expect(codeOf(() => decode(`{"a":[{"$regexp":${content}}]}`))).toBe("IPC_NOT_DECODABLE");
    expect(codeOf(() => decode(`[{"$regexp":${content}},{"$other":1}]`))).toBe(
      "IPC_INVALID_MESSAGE",
    );
  });
});

describe("many regular expressions that this runtime does not know", () => {
  it("cost no more than one of them, which takes as long as hundreds that it knows", () => {
    let refused = 0;
    const Counted = new Proxy(RegExp, {
      construct(target, [source, flags]: [string, string]) {
        if (flags === "gg") refused++;
        return Reflect.construct(target, [source, flags]);
      },
    });
    vi.stubGlobal("RegExp", Counted);
    onTestFinished(() => void vi.unstubAllGlobals());
    const unknown = '{"$regexp":["a","gg"]}';
    expect(codeOf(() => decode(`[${`${unknown},`.repeat(99)}${unknown}]`))).toBe(
      "IPC_NOT_DECODABLE",
    );
    expect(refused).toBe(1);
  });
});

describe("what is not of our writing", () => {
  it("may have spaces, other escapes and another order of an error's members", () => {
    expect(decode(String.raw`[ { "\u0024" : "NaN" } , { "\u0024\u0024map" : [] } ]`)).toEqual([
      Number.NaN,
      { $map: [] },
    ]);
    const text =
      '{"$error":{"data":{"a":{"$def":[0,{}]}},"cause":{"$ref":0},"message":"m","name":"N"}}';
    const error = decode(text) as Error & { a: unknown };
    expect(error).toMatchObject({ name: "N", message: "m", stack: "N: m", a: {} });
    expect(error.cause).toBe(error.a);
  });

  it("cannot give an error, or anything, another prototype", () => {
    const text = '{"$error":{"name":"Error","message":"","data":{"__proto__":{"a":1}}}}';
    const error = decode(text) as Error & { a?: unknown };
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(error.a).toBeUndefined();
    expect(codeOf(() => decode('{"$sparse":[3,{"__proto__":1}]}'))).toBe("IPC_INVALID_MESSAGE");
    expect(Object.getPrototypeOf(decode('{"$$__proto__":{"a":1}}'))).toBe(Object.prototype);
  });

  it.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["escaped objects", '{"$$a":', "}"],
    ["Maps", '{"$map":[[0,', "]]}"],
    ["keys of Maps", '{"$map":[[', ",0]]}"],
    ["Sets", '{"$set":[', "]}"],
    ["sparse arrays", '{"$sparse":[2,{"0":', "}]}"],
    ["causes", '{"$error":{"name":"","message":"","cause":', "}}"],
    ["data of errors", '{"$error":{"name":"","message":"","data":{"a":', "}}}"],
  ])("nests %s to the limit and no further", (_, open, close) => {
    const leaf = '{"$bigint":"0"}';
    const nested = (levels: number): string => open.repeat(levels) + leaf + close.repeat(levels);
    expect(typeof decode(nested(maxDepth - 1))).toBe("object");
    expect(typeof decode(nested(maxDepth))).toBe("object");
    expect(codeOf(() => decode(nested(maxDepth + 1)))).toBe("IPC_TOO_DEEP");
    expect(codeOf(() => decode(nested(20_000)))).toBe("IPC_TOO_DEEP");
  });

  it("nests data without tags to the limit and no further", () => {
    expect(typeof decode(arrays(maxDepth))).toBe("object");
    expect(codeOf(() => decode(arrays(maxDepth + 1)))).toBe("IPC_TOO_DEEP");
  });

  const tags = ["$", "$$", "$bigint", "$date", "$regexp", "$boxed", "$map", "$set", "$error"];
  const hostile = fc.letrec<{ form: unknown }>((tie) => ({
    form: fc.oneof(
      { depthSize: "medium" },
      fc.constantFrom<unknown>(0, 1, 2, -1, 1e9, null, "NaN", "-0", "1", "a", "g", "Buffer", true),
      fc.array(tie("form"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(...tags, "$sparse", "$def", "$ref", "$bin", "name", "message", "data", "0"),
        tie("form"),
        { maxKeys: 3 },
      ),
    ),
  })).form;

  it("is decoded or refused with a code, whatever tags stand where", () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 2 }), check),
      { numRuns },
    );
  });

  it("is decoded or refused with a code, whatever part of a true form is replaced by another", () => {
    fc.assert(
      fc.property(anyGraph(true), fc.nat(), fc.nat(), (data, from, to) => {
        const { text, attachments } = encodeBy(advanced, data);
        const form: unknown = JSON.parse(String(text));
        const places = placesOf(form);
        const [holder, key] = places[from % Math.max(1, places.length)] ?? [{}, ""];
        const [source, name] = places[to % Math.max(1, places.length)] ?? [{}, ""];
        Reflect.set(holder, key, structuredClone(Reflect.get(source, name)));
        check(form, attachments);
      }),
      { numRuns },
    );
  });
});

function placesOf(form: unknown): [object, string][] {
  if (typeof form !== "object" || form === null) return [];
  return Object.entries(form).flatMap(([key, inner]) => [[form, key], ...placesOf(inner)]);
}
