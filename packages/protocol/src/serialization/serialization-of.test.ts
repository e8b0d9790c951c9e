import { describe, expect, it } from "vitest";
import { codeOf } from "../../test/carry.ts";
import { advanced } from "./advanced/advanced-serialization.ts";
import type { Codec } from "./codec-serialization.ts";
import { type SerializationChoice, serializationOf } from "./serialization-of.ts";

function codec(name: unknown): Codec {
  return { name: name as string, encode: () => new Uint8Array(), decode: () => undefined };
}

describe("the choice of a serialization", () => {
  it.each<[SerializationChoice | undefined, string]>([
    [undefined, "json"],
    ["json", "json"],
    [advanced, "advanced"],
    [codec("msgpack"), "msgpack"],
    [codec("a".repeat(32)), "a".repeat(32)],
    [codec("our_Codec-1.2"), "our_Codec-1.2"],
  ])("%o is the one named %s", (choice, name) => {
    expect(serializationOf(choice).name).toBe(name);
  });

  it.each<[unknown]>([
    ["msgpack"],
    ["advanced"],
    [{ name: "x", create: "no" }],
    [null],
    [5],
    [{}],
    [{ name: "x", encode: () => new Uint8Array() }],
    [{ ...codec("x"), decode: "no" }],
    [codec(5)],
    [codec("")],
    [codec("a".repeat(33))],
    [codec("a b")],
    [codec("json")],
    [codec("advanced")],
  ])("%o is none", (choice) => {
    expect(codeOf(() => serializationOf(choice as Codec))).toBe("IPC_INVALID_OPTION");
  });

  it("tells who names advanced what to write instead", () => {
    expect(() => serializationOf("advanced" as never)).toThrow(
      'import { advanced } from "ipc-eventer/advanced"',
    );
  });
});
