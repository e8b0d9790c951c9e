import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGraph } from "../../test/any-graph.ts";
import { carry, codeOf, receive } from "../../test/carry.ts";
import { isSameGraph } from "../../test/same-graph.ts";
import { type Codec, CodecSerialization } from "./codec-serialization.ts";

const v8: Codec = { name: "v8", encode: serialize, decode: deserialize };

/** A codec as small as can be: the code points of a text. */
const letters: Codec = {
  name: "letters",
  encode: (value) => Uint8Array.from(String(value), (letter) => letter.charCodeAt(0)),
  decode: (bytes) => String.fromCharCode(...bytes),
};

describe("a codec of the application", () => {
  it("carries what it can carry", () => {
    const serialization = new CodecSerialization(v8);
    fc.assert(
      fc.property(anyGraph(false), (data) => isSameGraph(carry(serialization, data), data)),
    );
  });

  it("writes one attachment, which in the line is a Buffer", () => {
    const serialization = new CodecSerialization(letters);
    expect(serialization.encode("abc")).toEqual({
      text: '{"$bin":[0,"Buffer"]}',
      attachments: [Buffer.from("abc")],
      streams: [],
    });
    expect(carry(serialization, "abc")).toBe("abc");
    expect(carry(serialization, null)).toBe("null");
  });

  it("is not asked about data that is not there", () => {
    const serialization = new CodecSerialization(letters);
    expect(serialization.encode(undefined)).toBeUndefined();
    expect(receive(serialization, undefined)).toBeUndefined();
  });

  it("may answer a view into larger memory, which is not copied", () => {
    const memory = Buffer.from("abcdef");
    const view = { ...letters, encode: () => memory.subarray(2, 4) };
    const serialization = new CodecSerialization(view);
    const [bytes] = serialization.encode("x")?.attachments ?? [];
    expect(bytes).toEqual(Buffer.from("cd"));
    expect(bytes?.buffer).toBe(memory.buffer);
  });

  it("keeps the attachments of the outer message when encoding sends another", () => {
    const serialization = new CodecSerialization({
      ...letters,
      encode(value) {
        if (value === "outer") serialization.encode("inner");
        return letters.encode(value);
      },
    });
    expect(serialization.encode("outer")?.attachments).toEqual([Buffer.from("outer")]);
  });

  const failing: Codec = {
    name: "failing",
    encode() {
      throw new RangeError("too odd");
    },
    decode() {
      throw new RangeError("too odd");
    },
  };

  it("throws at the caller what it cannot encode, with its own error as the cause", () => {
    expect(() => new CodecSerialization(failing).encode(1)).toThrow(
      expect.objectContaining({
        code: "IPC_NOT_ENCODABLE",
        cause: new RangeError("too odd"),
      }) as Error,
    );
  });

  it.each([["text"], [new ArrayBuffer(1)], [Promise.resolve(new Uint8Array(1))], [undefined]])(
    "throws at the caller when it answers %o instead of bytes",
    (answer) => {
      const wrong = { ...letters, encode: () => answer as unknown as Uint8Array };
      expect(codeOf(() => new CodecSerialization(wrong).encode(1))).toBe("IPC_NOT_ENCODABLE");
    },
  );

  it("blames the peer for bytes it cannot decode", () => {
    expect(() =>
      receive(new CodecSerialization(failing), '{"$bin":[0,"Buffer"]}', [Buffer.from("a")]),
    ).toThrow(
      expect.objectContaining({
        code: "IPC_NOT_DECODABLE",
        cause: new RangeError("too odd"),
      }) as Error,
    );
  });

  it.each([
    ["JSON", '{"a":1}', [], "IPC_INVALID_MESSAGE"],
    ["null", "null", [], "IPC_INVALID_MESSAGE"],
    ["another kind", '{"$bin":[0,"Uint8Array"]}', [Buffer.from("a")], "IPC_INVALID_MESSAGE"],
    ["bytes among others", '[{"$bin":[0,"Buffer"]}]', [Buffer.from("a")], "IPC_INVALID_MESSAGE"],
    ["nothing", undefined, [Buffer.from("a")], "IPC_ATTACHMENTS_MISMATCH"],
  ])("blames the peer for %s in the place of its bytes", (_, text, attachments, code) => {
    const serialization = new CodecSerialization(letters);
    expect(codeOf(() => receive(serialization, text, attachments))).toBe(code);
  });
});
