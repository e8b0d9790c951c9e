import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { rejectionCodeOf } from "../test/code-of.ts";
import { hex } from "../test/vectors.ts";
import { cpaceGenerator } from "./cpace.ts";
import { CryptoError } from "./crypto-error.ts";
import { lvCat } from "./lv-cat.ts";
import { MAX_REALM_BYTES, PasswordKeys } from "./password-keys.ts";
import { MAX_PASSWORD_BYTES, preparePassword } from "./prepare-password.ts";
import { hash, importPoint, importScalarForTesting, pbkdf2Sha256, x25519 } from "./primitives.ts";
import { stretchPassword } from "./stretch-password.ts";

function reasonOf(password: unknown): string {
  try {
    preparePassword(password as string);
  } catch (error) {
    if (error instanceof CryptoError && error.is("IPC_PASSWORD_INVALID"))
      return error.context.reason;
    throw error;
  }
  return "none";
}

describe("preparing a password", () => {
  it("composes letters and makes every space the common one (RFC 8265, OpaqueString)", () => {
    expect(preparePassword("cafe\u0301").toString()).toBe("caf\u00e9");
    expect(preparePassword("a\u00a0b\u2003c\u3000d\u1680e").toString()).toBe("a b c d e");
    expect(preparePassword("\u03a9 \u2126").toString()).toBe("\u03a9 \u03a9");
    expect(preparePassword("Case Kept  Twice").toString()).toBe("Case Kept  Twice");
    expect(preparePassword("\u{1f511}").toString()).toBe("\u{1f511}");
  });

  it("takes bytes as they are, in memory of its own", () => {
    const bytes = Uint8Array.of(0, 10, 255);
    const prepared = preparePassword(bytes);
    expect([...prepared]).toEqual([0, 10, 255]);
    prepared.fill(1);
    expect([...bytes]).toEqual([0, 10, 255]);
    bytes.fill(2);
    expect([...prepared]).toEqual([1, 1, 1]);
  });

  it("refuses what cannot be one and says why, without quoting it", () => {
    expect(reasonOf("")).toContain("empty");
    expect(reasonOf(new Uint8Array(0))).toContain("empty");
    expect(reasonOf("secret\n")).toContain("control character");
    expect(reasonOf("secret\u0085")).toContain("control character");
    expect(reasonOf("secret\ud800")).toContain("surrogate");
    for (const other of [undefined, null, 5, ["secret"], { length: 3 }]) {
      expect(reasonOf(other)).toContain("neither a string");
    }
  });

  it("takes 65,536 bytes and no more", () => {
    for (const [length, refused] of [
      [MAX_PASSWORD_BYTES - 1, false],
      [MAX_PASSWORD_BYTES, false],
      [MAX_PASSWORD_BYTES + 1, true],
    ] as const) {
      expect(reasonOf("a".repeat(length)) !== "none").toBe(refused);
      expect(reasonOf(Buffer.alloc(length, 1)) !== "none").toBe(refused);
    }
    expect(reasonOf("\u00e9".repeat(MAX_PASSWORD_BYTES / 2 + 1))).toContain("longer");
  });
});

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

  it("does not block the event loop", async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await stretchPassword(Buffer.from("password"), Buffer.from("salt"));
    done = true;
    expect(turns).toBeGreaterThan(100);
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
