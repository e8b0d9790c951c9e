import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey } from "../../test/any-graph.ts";
import { carry, codeOf, receive } from "../../test/carry.ts";
import { isSameGraph } from "../../test/same-graph.ts";
import { withInherited } from "../../test/with-inherited.ts";
import { maxDepth } from "../limits.ts";
import { JsonSerialization } from "./json-serialization.ts";

const json = new JsonSerialization();

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
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
});
