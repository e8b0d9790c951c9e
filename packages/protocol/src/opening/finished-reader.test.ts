import { Buffer } from "node:buffer";
import { FINISHED_RECORD_BODY } from "@ipc/crypto";
import { describe, expect, it } from "vitest";
import { FinishedReader } from "./finished-reader.ts";

const header = Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY);
const body = Buffer.from(Array.from({ length: FINISHED_RECORD_BODY }, (_, at) => at));
const record = Buffer.concat([header, body]);

/** Feeds the bytes in pieces; answers what the last call answered. */
function readInPieces(reader: FinishedReader, bytes: Buffer, size: number): number {
  let taken = 0;
  for (let at = 0; at < bytes.length; at += size) {
    taken = reader.read(bytes.subarray(at, at + size));
  }
  return taken;
}

describe("FinishedReader", () => {
  it("takes one record and leaves what follows it", () => {
    const reader = new FinishedReader();
    expect(reader.read(Buffer.concat([record, Buffer.from("more")]))).toBe(record.length);
    expect(reader.body).toEqual(body);
    expect(reader.line).toBeUndefined();
  });

  it("takes the same record however its bytes are cut", () => {
    for (let size = 1; size <= record.length; size++) {
      const reader = new FinishedReader();
      expect(readInPieces(reader, record, size)).toBeGreaterThan(0);
      expect(reader.body).toEqual(body);
    }
  });

  it("asks for more until the last byte", () => {
    const reader = new FinishedReader();
    expect(reader.read(record.subarray(0, -1))).toBe(0);
    expect(reader.read(record.subarray(-1))).toBe(1);
  });

  it("takes the line of a refusal, however it is cut", () => {
    const line = Buffer.from(`{"error":"IPC_AUTHENTICATION_FAILED"}\n`);
    for (let size = 1; size <= line.length; size++) {
      const reader = new FinishedReader();
      expect(readInPieces(reader, line, size)).toBeGreaterThan(0);
      expect(reader.line).toEqual(line);
    }
  });

  it.each([
    ["no prefix of a record", Buffer.of(0x16)],
    ["a body of 64 bytes", Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY - 1)],
    ["a body of 66 bytes", Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY + 1)],
    ["a body of 64 KiB", Buffer.of(0x17, 1)],
    ["a refusal that begins within a header", Buffer.of(0x17, 0x7b)],
  ])("refuses %s before a byte of the body has come", (_, bytes) => {
    for (const size of [1, bytes.length]) {
      const reader = new FinishedReader();
      expect(() => readInPieces(reader, bytes, size)).toThrowError(
        expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
      );
    }
  });

  it("refuses a refusal without an end at 1,024 bytes", () => {
    const reader = new FinishedReader();
    expect(reader.read(Buffer.from(`{${" ".repeat(1022)}`))).toBe(0);
    expect(() => reader.read(Buffer.of(0x20))).toThrowError(
      expect.objectContaining({ code: "IPC_NOT_IPC" }),
    );
  });
});
