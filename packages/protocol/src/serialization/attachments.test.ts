import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { restoreAttachments } from "./json-serialization.ts";

function restore(json: string, ...texts: string[]): unknown {
  return restoreAttachments(
    JSON.parse(json),
    texts.map((text) => Buffer.from(text)),
  );
}

describe("references to attachments", () => {
  it("become the binary values, wherever they are", () => {
    const data = restore(`{"a":[{"$bin":[1,"Buffer"]}],"b":{"$bin":[0,"Buffer"]}}`, "zero", "one");
    expect(data).toEqual({ a: [Buffer.from("one")], b: Buffer.from("zero") });
  });

  it("are told from a user's keys by one $ less", () => {
    const data = restore(`[{"$bin":[0,"Buffer"]},{"$$bin":{"$$$bin":1}},{"$bin":1,"b":2}]`, "x");
    expect(data).toEqual([Buffer.from("x"), { $bin: { $$bin: 1 } }, { $bin: 1, b: 2 }]);
  });

  it.each([
    ["nothing refers to an attachment", `[]`],
    ["one is referred to twice", `[{"$bin":[0,"Buffer"]},{"$bin":[0,"Buffer"]}]`],
    ["there is no such attachment", `{"$bin":[1,"Buffer"]}`],
    ["the index is negative", `{"$bin":[-1,"Buffer"]}`],
    ["the index is no number", `{"$bin":["0","Buffer"]}`],
    ["the index is a name of an array's own", `{"$bin":["length","Buffer"]}`],
    ["the kind is unknown", `{"$bin":[0,"Blob"]}`],
    ["the kind is no name", `{"$bin":[0,["Buffer"]]}`],
    ["the kind is a name of an object's own", `{"$bin":[0,"constructor"]}`],
    ["the bytes are no whole number of elements", `{"$bin":[0,"Int32Array"]}`],
    ["the reference is too short", `{"$bin":[0]}`],
    ["the reference is too long", `{"$bin":[0,"Buffer",1]}`],
    ["the reference is no array", `{"$bin":{"0":0,"1":"Buffer"}}`],
    ["the reference is null", `{"$bin":null}`],
  ])("are a violation if %s", (_, json) => {
    expect(() => restore(json, "x")).toThrow(
      expect.objectContaining({ code: "IPC_ATTACHMENTS_MISMATCH", blame: "peer" }),
    );
  });
});
