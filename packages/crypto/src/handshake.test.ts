import { describe, expect, it } from "vitest";
import { codeOf } from "../test/code-of.ts";
import { bodyOf } from "../test/handshake-pair.ts";
import { FINISHED_RECORD_BODY, openFinished, sealFinished } from "./handshake.ts";
import { RECORD_TYPE, sealRecord } from "./record.ts";
import { TrafficKey } from "./traffic-key.ts";

const transcriptHash = Buffer.alloc(48, 5);

function key(): TrafficKey {
  return new TrafficKey(Buffer.alloc(48, 7));
}

describe("a Finished record", () => {
  it("has the one size that is allowed before authentication", () => {
    const record = sealFinished(key(), key().finished(transcriptHash));
    expect(record).toHaveLength(4 + FINISHED_RECORD_BODY);
    expect(openFinished(key(), bodyOf(record), transcriptHash)).toEqual(
      key().finished(transcriptHash),
    );
  });

  it.each([
    ["another transcript", RECORD_TYPE.handshake, key().finished(Buffer.alloc(48, 6))],
    ["another type of record", RECORD_TYPE.data, key().finished(transcriptHash)],
    ["a part of it", RECORD_TYPE.handshake, key().finished(transcriptHash).subarray(1)],
    ["nothing", RECORD_TYPE.handshake, Buffer.alloc(0)],
  ])("is refused if it is well sealed but holds %s", (_what, type, content) => {
    const body = bodyOf(sealRecord(key(), type, content));
    expect(codeOf(() => openFinished(key(), body, transcriptHash))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
  });

  it("leaves no key behind, whether it verifies or not", () => {
    const sender = key();
    const receiver = key();
    const record = sealFinished(sender, sender.finished(transcriptHash));
    openFinished(receiver, bodyOf(record), transcriptHash);
    const failed = key();
    expect(codeOf(() => openFinished(failed, Buffer.alloc(65), transcriptHash))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
    for (const used of [sender, receiver, failed]) {
      expect(codeOf(() => used.cipher())).toBe("IPC_CHANNEL_CLOSED");
    }
  });
});
