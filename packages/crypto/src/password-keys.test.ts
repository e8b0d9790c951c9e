import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { rejectionCodeOf } from "../test/code-of.ts";
import { hex } from "../test/vectors.ts";
import { cpaceGenerator, lvCat } from "./cpace.ts";
import { MAX_REALM_BYTES, PasswordKeys } from "./password-keys.ts";
import { hash, importPoint, importScalarForTesting, pbkdf2Sha256, x25519 } from "./primitives.ts";

describe("deriving a key", () => {
  it("is PBKDF2 under a salt of the realm, then CPace's generator", async () => {
    const realm = Buffer.from("printer");
    const salt = hash("sha256", lvCat(Buffer.from("ipc-crypto/1 salt"), realm));
    const prs = await pbkdf2Sha256(Buffer.from("password"), salt, 200_000);
    const ci = lvCat(Buffer.from("ipc-crypto/1"), realm);
    const g = cpaceGenerator(prs, ci, Buffer.alloc(0));
    const scalar = hex("42".repeat(32));
    const key = await new PasswordKeys().derive("password", "printer");
    expect(key.createKeyShareForTesting(scalar).bytes).toEqual(
      x25519(importScalarForTesting(scalar), importPoint(g)),
    );
  });

  it("happens once per password and realm, also for calls at the same time", async () => {
    const keys = new PasswordKeys();
    const [one, two] = await Promise.all([
      keys.derive("password", "realm"),
      keys.derive(Buffer.from("password"), "realm"),
    ]);
    expect(two).toBe(one);
    expect(await keys.derive("password", "realm")).toBe(one);
    expect(await keys.derive("password", "other")).not.toBe(one);
    expect(await keys.derive("Password", "realm")).not.toBe(one);
    expect(keys.size).toBe(3);
  });

  it("keeps the keys used last", async () => {
    const keys = new PasswordKeys(2);
    const a = await keys.derive("a", "realm");
    const b = await keys.derive("b", "realm");
    expect(await keys.derive("a", "realm")).toBe(a);
    await keys.derive("c", "realm");
    expect(keys.size).toBe(2);
    expect(await keys.derive("a", "realm")).toBe(a);
    expect(await keys.derive("b", "realm")).not.toBe(b);
  });

  it("begins anew after everything was forgotten, while old keys still work", async () => {
    const keys = new PasswordKeys();
    const before = await keys.derive("password", "realm");
    keys.clear();
    expect(keys.size).toBe(0);
    expect(await keys.derive("password", "realm")).not.toBe(before);
    expect(before.createKeyShare().bytes).toHaveLength(32);
  });

  it("refuses an impossible password or realm and keeps nothing of it", async () => {
    const keys = new PasswordKeys();
    expect(await rejectionCodeOf(keys.derive("", "realm"))).toBe("IPC_PASSWORD_INVALID");
    expect(await rejectionCodeOf(keys.derive("password", "\udc00"))).toBe("IPC_REALM_INVALID");
    expect(await rejectionCodeOf(keys.derive("password", 5 as unknown as string))).toBe(
      "IPC_REALM_INVALID",
    );
    expect(keys.size).toBe(0);
  });

  it("takes a realm of up to 4096 bytes, the empty one included", async () => {
    const keys = new PasswordKeys();
    for (const [length, code] of [
      [0, "no error"],
      [MAX_REALM_BYTES - 1, "no error"],
      [MAX_REALM_BYTES, "no error"],
      [MAX_REALM_BYTES + 1, "IPC_REALM_INVALID"],
    ] as const) {
      expect(await rejectionCodeOf(keys.derive("password", "r".repeat(length)))).toBe(code);
    }
  });

  it("keeps 1 to 65,536 keys", () => {
    for (const limit of [1, 65_535, 65_536]) expect(new PasswordKeys(limit).size).toBe(0);
    for (const limit of [0, -1, 1.5, 65_537]) {
      expect(() => new PasswordKeys(limit)).toThrow(
        expect.objectContaining({ code: "IPC_LIMIT_INVALID" }),
      );
    }
  });
});

describe("a password key", () => {
  it("shows its realm and nothing else, however it is printed", async () => {
    const keys = new PasswordKeys();
    const key = await keys.derive("password", "realm");
    expect(inspect(key, { showHidden: true, depth: 9 })).toBe('PasswordKey("realm")');
    expect(key.toString()).toBe('PasswordKey("realm")');
    expect(JSON.stringify({ key })).toBe('{"key":{"realm":"realm"}}');
    expect(Object.keys(key)).toEqual(["realm"]);
    expect(inspect(keys, { showHidden: true, depth: 9 })).not.toMatch(/password|Map/);
  });
});
