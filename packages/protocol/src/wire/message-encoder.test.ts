import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { MessageEncoder } from "./message-encoder.ts";
import { defaultLimits } from "../limits.ts";

const limits = { ...defaultLimits, maxMessageBytes: 20_000, maxAttachments: 2 };

/** An event of so many bytes, text of `character` alone. */
function text(bytes: number, character = "x"): string {
  return character.repeat((bytes - `["e",""]`.length) / Buffer.byteLength(character));
}

function code(work: () => unknown): unknown {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

function binaries(count: number): Buffer[] {
  return Array.from({ length: count }, () => Buffer.from("x"));
}

describe("MessageEncoder", () => {
  it("writes an event as one line", () => {
    const encoder = new MessageEncoder(limits);
    expect(encoder.event("e", { a: 1 })).toBe(`["e",{"a":1}]\n`);
    expect(encoder.event("e", undefined)).toBe(`["e"]\n`);
    expect(encoder.event("e", null)).toBe(`["e",null]\n`);
    expect(encoder.event(`"\n`, "\ud800")).toBe(`["\\"\\n","\\ud800"]\n`);
  });

  it("keeps writing names right beyond those it remembers", () => {
    const encoder = new MessageEncoder(limits);
    for (let round = 0; round < 2; round++) {
      for (let name = 0; name < 300; name++) {
        expect(encoder.event(`e${name}`, 1)).toBe(`["e${name}",1]\n`);
      }
    }
    const long = "n".repeat(65);
    expect(encoder.event(long, 1)).toBe(`["${long}",1]\n`);
  });

  it("throws for a reserved name, however often it is tried", () => {
    const encoder = new MessageEncoder(limits);
    for (let round = 0; round < 2; round++) {
      expect(code(() => encoder.event("connect", 1))).toBe("IPC_RESERVED_EVENT");
    }
  });

  it.each(["x", "é", "€", "😀"])("takes messages up to the limit in bytes, of %s", (character) => {
    const encoder = new MessageEncoder({ ...limits, maxMessageBytes: 20_000 });
    const step = Buffer.byteLength(character);
    const most = 20_000 - ((20_000 - 8) % step);
    expect(code(() => encoder.event("e", text(most - step, character)))).toBe("none");
    expect(code(() => encoder.event("e", text(most, character)))).toBe("none");
    expect(code(() => encoder.event("e", text(most + step, character)))).toBe(
      "IPC_MESSAGE_TOO_LARGE",
    );
  });

  it("counts attachments to the message", () => {
    const encoder = new MessageEncoder(limits);
    const reference = `["e",{"$bin":[0,"Buffer"]}]`.length;
    expect(code(() => encoder.event("e", Buffer.alloc(20_000 - reference)))).toBe("none");
    expect(code(() => encoder.event("e", Buffer.alloc(20_001 - reference)))).toBe(
      "IPC_MESSAGE_TOO_LARGE",
    );
  });

  it("takes attachments up to their limit", () => {
    const encoder = new MessageEncoder(limits);
    expect(code(() => encoder.event("e", binaries(1)))).toBe("none");
    expect(code(() => encoder.event("e", binaries(2)))).toBe("none");
    expect(code(() => encoder.event("e", binaries(3)))).toBe("IPC_TOO_MANY_ATTACHMENTS");
  });

  it("encodes an event for several sessions with its bytes made once", () => {
    const encoder = new MessageEncoder(limits);
    const event = encoder.encode("e", [1]);
    expect(event.chunks.map(String)).toEqual([`["e",[1]]\n`]);
    expect(event.chunks).toBe(event.chunks);
    expect(event.size).toBe(9);
    const binary = encoder.encode("e", Buffer.from("ab"));
    encoder.encode("e", Buffer.from("cd"));
    expect(Buffer.concat(binary.chunks).toString()).toBe(`*2 ["e",{"$bin":[0,"Buffer"]}]\nab`);
    expect(binary.size).toBe(29);
  });
});
