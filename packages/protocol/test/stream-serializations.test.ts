import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { defaultLimits, MessageEncoder, serializationOf } from "../src/index.ts";
import { choices } from "./choices.ts";
import { Well } from "./tank.ts";

/** Numbers from 1. */
function ids(): { takeId(): number } {
  let last = 0;
  return { takeId: () => ++last };
}

/** The value in the place of a stream where it is read: its kind and id. */
const finder = { find: (kind: string, id: Buffer): object => ({ [kind]: id.toString() }) };

describe.each(["json", "advanced"] as const)("a stream in data that is %s", (name) => {
  const serialization = serializationOf(choices[name]);
  const encoder = new MessageEncoder(defaultLimits, serialization);

  function carried(data: unknown): unknown {
    const { attachments, line } = encoder.encode("e", data, ids());
    const [, json] = JSON.parse(line) as [string, unknown];
    return serialization.decode(json, line, attachments, finder);
  }

  it("is an attachment with its id", () => {
    const { attachments, line, streams } = encoder.encode("e", new Well([]), ids());
    expect(line).toBe('["e",{"$bin":[0,"ByteStream"]}]\n');
    expect(attachments).toEqual([Buffer.from("1")]);
    expect(streams.map(({ id }) => id)).toEqual([1]);
  });

  it("keeps what is beside it as it is", () => {
    const data = [{ $bin: 1 }, Buffer.from("x"), new Well([], true), [new Well([])]];
    expect(carried(data)).toEqual([
      { $bin: 1 },
      Buffer.from("x"),
      { ValueStream: "1" },
      [{ ByteStream: "2" }],
    ]);
  });

  it("is forgotten with the next data", () => {
    encoder.event("e", new Well([]), ids());
    expect(encoder.encode("e", Buffer.from("x")).streams).toEqual([]);
    encoder.event("e", new Well([]), ids());
    expect(encoder.event("e", undefined)).toBe('["e"]\n');
  });

  it("has no place where it cannot be read", () => {
    expect(() => encoder.event("e", new Well([]))).toThrow(/several readers/);
    expect(() => encoder.encode("e", [new Well([])])).toThrow(/several readers/);
    expect(() => encoder.streamValue(1, new Well([]))).toThrow(/within a stream/);
    const { attachments } = encoder.encode("e", new Well([]), ids());
    const json: unknown = { $bin: [0, "ByteStream"] };
    expect(() => serialization.decode(json, "", attachments)).toThrow(/unknown kind/);
  });

  it("counts as an attachment", () => {
    const few = new MessageEncoder(
      { ...defaultLimits, maxAttachments: 2 },
      serializationOf(choices[name]),
    );
    const two = [new Well([]), new Well([])];
    expect(() => few.event("e", two, ids())).not.toThrow();
    const three = [new Well([]), new Well([]), new Well([])];
    expect(() => few.event("e", three, ids())).toThrow(/has 3 binary values/);
  });
});

describe("a stream that meets itself in the data", () => {
  it("is one stream where references are kept", () => {
    const encoder = new MessageEncoder(defaultLimits, serializationOf(choices.advanced));
    const well = new Well([]);
    const { attachments, line } = encoder.encode("e", [well, well], ids());
    expect(attachments).toHaveLength(1);
    const [, json] = JSON.parse(line) as [string, unknown];
    const stream = {};
    const found = { find: () => stream };
    const data = encoder.serialization.decode(json, line, attachments, found);
    expect(data).toEqual([stream, stream]);
  });
});

describe("a codec", () => {
  it("has no place for a stream", () => {
    const codec = { name: "mine", encode: () => Buffer.alloc(1), decode: () => 1 };
    const encoder = new MessageEncoder(defaultLimits, serializationOf(codec));
    expect(() => encoder.event("e", new Well([]), ids())).toThrow(/where a codec writes/);
  });
});
