import { describe, expect, it } from "vitest";
import { rejectionCodeOf } from "../test/code-of.ts";
import { open, seal } from "./seal.ts";

function flipped(envelope: Buffer, at: number): Buffer {
  const changed = Buffer.from(envelope);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}

describe("sealing a message under a password", () => {
  it("gives it back for the password", async () => {
    for (const message of ["", "a", "naïve ☃"]) {
      const envelope = await seal(message, "correct horse");
      expect(envelope).toHaveLength(Buffer.byteLength(message) + 94);
      expect((await open(envelope, "correct horse")).toString()).toBe(message);
    }
    const bytes = Buffer.alloc(1_000_000, "binary");
    const key = Buffer.alloc(32, 9);
    expect((await open(await seal(bytes, key), key)).equals(bytes)).toBe(true);
  });

  it("gives another envelope every time", async () => {
    const [one, two] = await Promise.all([seal("same", "password"), seal("same", "password")]);
    expect(one.subarray(8)).not.toEqual(two.subarray(8));
  });

  it("gives the envelope of version 1 for a known salt, byte for byte", async () => {
    const envelope = await seal("golden", "password", {
      randomBytesForTesting: (length) => Buffer.alloc(length, 0x5a),
    });
    expect(envelope.toString("hex")).toMatchInlineSnapshot(
      `"4950435345414c015a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5abf904c1491f1ddb537ce54859b874732612a707c910daf79b813ebbf7fcc00e0000000000006794a289d8bb35e71c0e3b7f07c79432eeb896209889f"`,
    );
  });

  it("takes the message as it was at the call", async () => {
    const message = Buffer.from("before");
    const sealing = seal(message, "password");
    message.fill(0);
    const envelope = await sealing;
    const opening = open(envelope, "password");
    envelope.fill(0);
    expect((await opening).toString()).toBe("before");
  });

  it("accepts the same password however its letters are composed", async () => {
    const envelope = await seal("x", "cafe\u0301\u00a0au lait");
    expect((await open(envelope, "caf\u00e9 au lait")).toString()).toBe("x");
  });
});

describe("opening what was damaged", () => {
  it("tells a wrong password from a damaged message", async () => {
    const envelope = await seal("message", "password");
    expect(await rejectionCodeOf(open(envelope, "Password"))).toBe("IPC_ENVELOPE_PASSWORD");
    for (const at of [8, 39, 40, 71]) {
      expect(await rejectionCodeOf(open(flipped(envelope, at), "password"))).toBe(
        "IPC_ENVELOPE_PASSWORD",
      );
    }
    for (let at = 78; at < envelope.length; at += 4) {
      expect(await rejectionCodeOf(open(flipped(envelope, at), "password"))).toBe(
        "IPC_ENVELOPE_CORRUPT",
      );
    }
  });

  it("refuses a changed magic, version or length before any key is computed", async () => {
    const envelope = await seal("message", "password");
    for (let at = 0; at < 7; at++) {
      expect(await rejectionCodeOf(open(flipped(envelope, at), "password"))).toBe(
        "IPC_ENVELOPE_INVALID",
      );
    }
    expect(await rejectionCodeOf(open(flipped(envelope, 7), "password"))).toBe(
      "IPC_ENVELOPE_VERSION",
    );
    for (const [at, code] of [
      [72, "IPC_ENVELOPE_TRUNCATED"],
      [77, "IPC_ENVELOPE_INVALID"],
    ] as const) {
      expect(await rejectionCodeOf(open(flipped(envelope, at), "password"))).toBe(code);
    }
    const longer = Buffer.concat([envelope, Buffer.of(0)]);
    expect(await rejectionCodeOf(open(longer, "password"))).toBe("IPC_ENVELOPE_INVALID");
  });

  it("calls every proper prefix truncated", async () => {
    const envelope = await seal("message", "password");
    for (let length = 0; length < envelope.length; length++) {
      expect(await rejectionCodeOf(open(envelope.subarray(0, length), "password"))).toBe(
        "IPC_ENVELOPE_TRUNCATED",
      );
    }
  });

  it("detects a length changed together with the size, by the tag", async () => {
    const envelope = await seal("message", "password");
    const shorter = Buffer.concat([envelope.subarray(0, 84), envelope.subarray(85)]);
    shorter.writeUIntBE(6, 72, 6);
    expect(await rejectionCodeOf(open(shorter, "password"))).toBe("IPC_ENVELOPE_CORRUPT");
  });
});

describe("the size of an envelope", () => {
  it("is limited to maxBytes, checked before any key is computed", async () => {
    for (const [length, code] of [
      [9, "no error"],
      [10, "no error"],
      [11, "IPC_ENVELOPE_TOO_LARGE"],
    ] as const) {
      const message = Buffer.alloc(length);
      expect(await rejectionCodeOf(seal(message, "password", { maxBytes: 10 }))).toBe(code);
      const envelope = await seal(message, "password");
      expect(await rejectionCodeOf(open(envelope, "password", { maxBytes: 10 }))).toBe(code);
    }
  });

  it("is limited to 64 MiB by default", async () => {
    const message = new Uint8Array(64 * 1024 * 1024 + 1);
    expect(await rejectionCodeOf(seal(message, "password"))).toBe("IPC_ENVELOPE_TOO_LARGE");
    expect(await rejectionCodeOf(seal(message.subarray(1), "password"))).toBe("no error");
  });

  it("can be raised to 1 GiB and no further", async () => {
    for (const [maxBytes, code] of [
      [1024 ** 3, "no error"],
      [1024 ** 3 + 1, "IPC_LIMIT_INVALID"],
      [-1, "IPC_LIMIT_INVALID"],
      [0.5, "IPC_LIMIT_INVALID"],
    ] as const) {
      expect(await rejectionCodeOf(seal("", "password", { maxBytes }))).toBe(code);
    }
  });
});

it("refuses a password that cannot be one", async () => {
  expect(await rejectionCodeOf(seal("message", ""))).toBe("IPC_PASSWORD_INVALID");
  const envelope = await seal("message", "password");
  expect(await rejectionCodeOf(open(envelope, "pass\nword"))).toBe("IPC_PASSWORD_INVALID");
});
