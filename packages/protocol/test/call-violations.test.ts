import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { errorBye, openServer } from "./party.ts";

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

describe("a hostile peer that calls", () => {
  it.each([
    ["a call with the id 0", `[0,"e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a call with a negative id", `[-1,"e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a call with half an id", `[1.5,"e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a call with the id 2^53", `[9007199254740992,"e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a call without an event", "[1]\n", "IPC_INVALID_MESSAGE"],
    ["a call of a number", "[1,2]\n", "IPC_INVALID_MESSAGE"],
    ["a call with two values", `[1,"e",1,2]\n`, "IPC_INVALID_MESSAGE"],
    ["an array that begins with null", `[null,"e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a call with data of 129 levels", `[1,"e",${nested(129)}]\n`, "IPC_TOO_DEEP"],
    ["a call with an attachment for nothing", `*1 [1,"e"]\nx`, "IPC_ATTACHMENTS_MISMATCH"],
    [
      "a call with a reference without attachments",
      `[1,"e",[{"$bin":[0,"Buffer"]}]]\n`,
      "IPC_ATTACHMENTS_MISMATCH",
    ],
    [
      "a reply with a reference without attachments",
      `{"reply":{"id":1,"data":{"$bin":[0,"Buffer"]}}}\n`,
      "IPC_ATTACHMENTS_MISMATCH",
    ],
    ["a reply to no call", `{"reply":{"id":1}}\n`, "IPC_INVALID_MESSAGE"],
    ["a reply without an id", `{"reply":{"data":1}}\n`, "IPC_INVALID_MESSAGE"],
    ["a reply that is no object", `{"reply":[1]}\n`, "IPC_INVALID_MESSAGE"],
    ["a cancellation of no call", `{"cancel":1}\n`, "IPC_INVALID_MESSAGE"],
    ["a cancellation of text", `{"cancel":"1"}\n`, "IPC_INVALID_MESSAGE"],
  ])("is told the code and closed, however its bytes are cut: %s", (_, text, code) => {
    for (const size of [Infinity, 1]) {
      const server = openServer();
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) server.feed(bytes.subarray(at, at + size));
      expect(server.take()).toBe(errorBye(code));
      server.disconnect();
      expect(server.delivered).toHaveLength(2);
      expect(server.end).toMatchObject({ reason: "violation", error: { code } });
    }
  });
});
