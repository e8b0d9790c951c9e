import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { prefaceBytes } from "../limits.ts";
import { PrefaceReader } from "./preface-reader.ts";

function line(length: number): Buffer {
  return Buffer.from(`{${" ".repeat(length - 3)}}\n`);
}

describe("PrefaceReader", () => {
  it("yields the same line however the bytes are cut", () => {
    const bytes = Buffer.from(`{"ipc":1}\nrest`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new PrefaceReader();
      const first = reader.read(bytes.subarray(0, cut));
      const taken = first === 0 ? cut + reader.read(bytes.subarray(cut)) : first;
      expect(taken).toBe(10);
      expect(reader.line.toString()).toBe(`{"ipc":1}\n`);
    }
  });

  it("takes a line of exactly the limit, whole and byte by byte", () => {
    expect(new PrefaceReader().read(line(prefaceBytes))).toBe(prefaceBytes);
    expect(new PrefaceReader().read(line(prefaceBytes - 1))).toBe(prefaceBytes - 1);
    const reader = new PrefaceReader();
    const answers = [...line(prefaceBytes)].map((byte) => reader.read(Uint8Array.of(byte)));
    expect(answers.at(-1)).toBe(1);
    expect(reader.line).toEqual(line(prefaceBytes));
  });

  it("refuses a line one byte longer, at the byte that shows it", () => {
    expect(() => new PrefaceReader().read(line(prefaceBytes + 1))).toThrow("longer than 1024");
    const reader = new PrefaceReader();
    for (const byte of line(prefaceBytes + 1).subarray(0, prefaceBytes - 1)) {
      expect(reader.read(Uint8Array.of(byte))).toBe(0);
    }
    expect(() => reader.read(Buffer.from("}"))).toThrow("longer than 1024");
  });

  it("refuses what does not begin as a preface at its first byte", () => {
    expect(() => new PrefaceReader().read(Buffer.from("G"))).toThrow(
      expect.objectContaining({ code: "IPC_NOT_IPC", blame: "peer" }),
    );
  });

  it("waits through empty chunks", () => {
    const reader = new PrefaceReader();
    expect(reader.read(Buffer.alloc(0))).toBe(0);
    expect(reader.line.length).toBe(0);
  });
});
