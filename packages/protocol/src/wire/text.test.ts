import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { cutToBytes, fitsBytes } from "./text.ts";

describe("a limit in bytes of UTF-8", () => {
  it.each(["x", "é", "€", "😀"])("counts %s as the bytes that it takes", (character) => {
    const size = Buffer.byteLength(character);
    for (const bytes of [11, 12, 13, 24, 25]) {
      const most = Math.floor(bytes / size);
      expect(fitsBytes(character.repeat(most), bytes)).toBe(true);
      expect(fitsBytes(character.repeat(most + 1), bytes)).toBe(false);
      expect(cutToBytes(character.repeat(most), bytes)).toBe(character.repeat(most));
      expect(cutToBytes(character.repeat(most + 5), bytes)).toBe(character.repeat(most));
    }
  });
});
