import { describe, expect, it } from "vitest";
import { codeOf } from "../test/code-of.ts";
import { KeySchedule } from "./key-schedule.ts";

const transcriptHash = Buffer.alloc(48, 5);

describe("a key schedule", () => {
  it("overwrites the session key it was given", () => {
    const isk = Buffer.alloc(64, 7);
    expect(new KeySchedule(isk)).toBeDefined();
    expect(isk).toEqual(Buffer.alloc(64));
  });

  it("makes no keys after those of the application", () => {
    const schedule = new KeySchedule(Buffer.alloc(64, 7));
    schedule.handshakeKeys(transcriptHash);
    schedule.applicationKeys(transcriptHash);
    expect(codeOf(() => schedule.handshakeKeys(transcriptHash))).toBe("IPC_HANDSHAKE_SPENT");
    expect(codeOf(() => schedule.applicationKeys(transcriptHash))).toBe("IPC_HANDSHAKE_SPENT");
  });

  it("makes no keys once dropped, least of all from an overwritten secret", () => {
    const schedule = new KeySchedule(Buffer.alloc(64, 7));
    schedule.drop();
    expect(codeOf(() => schedule.handshakeKeys(transcriptHash))).toBe("IPC_HANDSHAKE_SPENT");
    expect(codeOf(() => schedule.applicationKeys(transcriptHash))).toBe("IPC_HANDSHAKE_SPENT");
  });
});
