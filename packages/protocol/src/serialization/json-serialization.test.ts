import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey } from "../../test/any-graph.ts";
import { carry, codeOf, encodeBy, receive } from "../../test/carry.ts";
import { isSameGraph } from "../../test/same-graph.ts";
import { withInherited } from "../../test/with-inherited.ts";
import { maxDepth } from "../limits.ts";
import { advanced } from "./advanced/advanced-serialization.ts";
import { JsonSerialization } from "./json-serialization.ts";

const json = new JsonSerialization();

function nested(levels: number, innermost = ""): string {
  return "[".repeat(levels) + innermost + "]".repeat(levels);
}

describe("the serialization json", () => {
  const data = fc.letrec<{ data: unknown }>((tie) => ({
    data: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.oneof(fc.uint8Array(), fc.float64Array(), fc.constant(Buffer.from("a"))),
      fc.array(tie("data"), { maxLength: 4 }),
      fc.dictionary(anyKey, tie("data"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).data;

  it("carries JSON and binary values, each mention by itself", () => {
    fc.assert(
      fc.property(data, (sent) => {
        const apart: unknown = carry(json, sent);
        expect(apart).toEqual(sent);
        return isSameGraph(carry(json, apart), apart);
      }),
    );
  });

  it("reads half floats, as their bits where the runtime has no Float16Array", () => {
    const Half = Reflect.get(globalThis, "Float16Array") as typeof Uint16Array | undefined;
    const read = receive(json, '{"$bin":[0,"Float16Array"]}', [Buffer.from([0x00, 0x3c])]);
    expect(read).toBeInstanceOf(Half ?? Uint16Array);
    expect([...(read as Uint16Array)]).toEqual([Half === undefined ? 0x3c00 : 1]);
    expect(carry(json, read)).toEqual(read);
  });

  it("refuses what is nested too deep", () => {
    expect(codeOf(() => receive(json, nested(maxDepth)))).not.toBe("IPC_TOO_DEEP");
    expect(codeOf(() => receive(json, nested(maxDepth + 1)))).toBe("IPC_TOO_DEEP");
  });

  it("counts the levels of objects as those of arrays, and none of what Object.prototype has", () => {
    const own: Record<string, unknown> = {};
    own["own"] = own;
    for (const levels of [maxDepth, maxDepth + 1]) {
      const pairs = Math.floor((levels - 1) / 2);
      const inner = nested(levels - 2 * pairs);
      const text = `${'[{"a":'.repeat(pairs)}${inner}${"}]".repeat(pairs)}`;
      const answer = withInherited({ own }, () => codeOf(() => receive(json, text)));
      expect(answer === "IPC_TOO_DEEP").toBe(levels > maxDepth);
    }
  });

  it("refuses attachments that nothing refers to", () => {
    const attachments = [Buffer.from("a")];
    expect(codeOf(() => receive(json, "[]", attachments))).toBe("IPC_ATTACHMENTS_MISMATCH");
  });

  it.each([
    '{"$bin":[0,"Buffer"]}',
    '[{"$bin":1}]',
    '{"a":{"$bin":null}}',
    '{"$$bin":{"$bin":[0,"Buffer"]}}',
    String.raw`{"\u0024bin":[0,"Buffer"]}`,
    String.raw`[{"$\u0062in":1}]`,
    String.raw`[{"$b\u0069n":1}]`,
    String.raw`[{"$bi\u006e":1}]`,
    String.raw`[{"$bi\u006E":1}]`,
  ])("refuses a reference where there are no attachments: %s", (text) => {
    expect(codeOf(() => receive(json, text))).toBe("IPC_ATTACHMENTS_MISMATCH");
  });
});

describe("an object whose only key looks like that of a reference", () => {
  const bin = fc.integer({ min: 1, max: 4 }).map((dollars) => `${"$".repeat(dollars)}bin`);
  const leaf = fc.oneof(
    fc.constantFrom(null, 1, "$bin", '"$bin"', String.raw`\u0024bin`, "é"),
    fc.constant([0, "Buffer"]),
  );

  /** Data that is full of such objects, one in another, with `leaves` at their ends. */
  function lookalikes(leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
    return fc.letrec<{ data: unknown }>((tie) => ({
      data: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaves,
        fc.dictionary(bin, tie("data"), { minKeys: 1, maxKeys: 1, noNullPrototype: true }),
        fc.dictionary(fc.oneof(bin, fc.constantFrom("a", "__proto__", "$")), tie("data"), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
        fc.array(tie("data"), { maxLength: 3 }),
      ),
    })).data;
  }

  const inner = lookalikes(fc.oneof(leaf, fc.uint8Array({ maxLength: 4 })));

  it.each([
    ["json", json],
    ["advanced", advanced.create()],
  ])("arrives as it was, with and without attachments, in the serialization %s", (_, both) => {
    fc.assert(
      fc.property(lookalikes(leaf), inner, (plain, mixed) => {
        expect(encodeBy(both, plain).attachments).toEqual([]);
        expect(carry(both, plain)).toEqual(plain);
        expect(carry(both, [mixed, Buffer.from("x")])).toEqual([mixed, Buffer.from("x")]);
      }),
      { numRuns: 500 },
    );
  });

  it("is written in one way, whatever is beside it", () => {
    const text = '{"$$bin":[0,"Buffer"]}';
    const data = { $bin: [0, "Buffer"] };
    expect(encodeBy(json, data).text).toBe(text);
    expect(encodeBy(json, [data, new Date(0)]).text).toBe(`[${text},"1970-01-01T00:00:00.000Z"]`);
    expect(encodeBy(json, [data, Buffer.from("x")]).text).toBe(`[${text},{"$bin":[0,"Buffer"]}]`);
    expect(encodeBy(json, { $bin: 1, gone: undefined }).text).toBe('{"$$bin":1}');
    expect(encodeBy(json, { $bin: 1, kept: 2, other$bin: 3 }).text).toBe(
      '{"$bin":1,"kept":2,"other$bin":3}',
    );
    expect(encodeBy(json, { $bin: { $$bin: { bin: "$bin" } } }).text).toBe(
      '{"$$bin":{"$$$bin":{"bin":"$bin"}}}',
    );
  });

  it("is read in one way, however its letters are written", () => {
    expect(receive(json, '{"$$bin":[{"$$$bin":1}]}')).toEqual({ $bin: [{ $$bin: 1 }] });
    expect(receive(json, String.raw`{"$\u0024b\u0069n":1}`)).toEqual({ $bin: 1 });
    expect(receive(json, String.raw`{"$$bi\u006E":1}`)).toEqual({ $bin: 1 });
    expect(receive(json, '{"$bin":1,"b":[{"other$bin":2}]}')).toEqual({
      $bin: 1,
      b: [{ other$bin: 2 }],
    });
  });

  it("counts as one level of depth", () => {
    const text = '{"$$bin":1}';
    expect(codeOf(() => receive(json, nested(maxDepth - 1, text)))).not.toBe("IPC_TOO_DEEP");
    expect(codeOf(() => receive(json, nested(maxDepth, text)))).toBe("IPC_TOO_DEEP");
  });
});
