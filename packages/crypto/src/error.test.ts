import { describe, expect, it } from "vitest";
import { CryptoError } from "./error.ts";

describe("an error of this package", () => {
  it("has a code, the side at fault and its context, and says what to do", () => {
    const error = new CryptoError("IPC_RECORD_SIZE", { length: 9, least: 17, most: 65_553 });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("CryptoError");
    expect(error.code).toBe("IPC_RECORD_SIZE");
    expect(error.blame).toBe("peer");
    expect(error.message).toMatchInlineSnapshot(
      `"The peer sent a record of 9 bytes where 17 to 65553 are allowed. Close the connection."`,
    );
    expect(error).not.toHaveProperty("cause");
  });

  it("keeps its cause", () => {
    const cause = new Error("why");
    expect(new CryptoError("IPC_AUTHENTICATION_FAILED", undefined, cause).cause).toBe(cause);
  });

  it("has a typed context by its code", () => {
    const error = new CryptoError("IPC_RECORD_CORRUPT", { sequence: 5 });
    expect(error.is("IPC_TRUNCATED")).toBe(false);
    expect(error.is("IPC_RECORD_CORRUPT") && error.context.sequence).toBe(5);
  });

  it("ends every message as a sentence", () => {
    const errors = [
      new CryptoError("IPC_PASSWORD_INVALID", { reason: "it is empty" }),
      new CryptoError("IPC_REALM_INVALID", { reason: "it is not a string" }),
      new CryptoError("IPC_LIMIT_INVALID", { name: "burst", least: 1, most: 2, whole: true }),
      new CryptoError("IPC_HANDSHAKE_SPENT", undefined),
      new CryptoError("IPC_SHARE_INVALID", { reason: "it is our own" }),
      new CryptoError("IPC_AUTHENTICATION_FAILED", undefined),
      new CryptoError("IPC_GREETING_INVALID", undefined),
      new CryptoError("IPC_RECORD_UNEXPECTED", { reason: "an unknown alert" }),
      new CryptoError("IPC_SEQUENCE_EXHAUSTED", { limit: 3 }),
      new CryptoError("IPC_TRUNCATED", undefined),
      new CryptoError("IPC_CHANNEL_NOT_READY", undefined),
      new CryptoError("IPC_CHANNEL_CLOSED", undefined),
      new CryptoError("IPC_ENVELOPE_TOO_LARGE", { length: 3, limit: 2 }),
      new CryptoError("IPC_ENVELOPE_INVALID", { reason: "bytes follow its end" }),
      new CryptoError("IPC_ENVELOPE_VERSION", { version: 2 }),
      new CryptoError("IPC_ENVELOPE_TRUNCATED", { length: 3, expected: 94 }),
      new CryptoError("IPC_ENVELOPE_PASSWORD", undefined),
      new CryptoError("IPC_ENVELOPE_CORRUPT", undefined),
    ];
    for (const { message } of errors) expect(message).toMatch(/^[A-Z][^\n]*[a-z0-9]\.$/i);
  });
});
