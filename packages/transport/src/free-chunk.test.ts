import { describe, expect, it } from "vitest";
import { freeChunk } from "./free-chunk.ts";

const canFree = "transfer" in ArrayBuffer.prototype;

describe("given a chunk that has its memory for itself", () => {
  it.runIf(canFree)("gives it back at once", () => {
    const chunk = new Uint8Array(1024);
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(0);
  });

  it("leaves a small one to the garbage collector", () => {
    const chunk = new Uint8Array(1023);
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(1023);
  });
});

describe("given a chunk that shares its memory", () => {
  it.each([
    ["a view", new Uint8Array(4096).subarray(0, 2048)],
    ["one behind an offset", new Uint8Array(new ArrayBuffer(4096), 1024)],
    ["one that other threads have too", new Uint8Array(new SharedArrayBuffer(4096))],
  ])("leaves %s as it is", (_title, chunk) => {
    const { byteLength } = chunk;
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(byteLength);
  });
});
