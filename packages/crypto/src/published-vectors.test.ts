import { describe, expect, it } from "vitest";
import { haveVectors, hex, readVectors } from "../test/vectors.ts";
import { expandLabel, hkdfExpand, hkdfExtract } from "./hkdf.ts";
import {
  gcmCipher,
  gcmDecipher,
  hmac,
  importPoint,
  importScalarForTesting,
  pbkdf2Sha256,
  takeSecret,
  x25519,
  type HashName,
} from "./primitives.ts";

interface Wycheproof<T> {
  testGroups: { keySize: number; tagSize: number; tests: (T & { result: string })[] }[];
}

type Hexes<K extends string> = Record<K, string>;

const hashes: readonly HashName[] = ["sha256", "sha384", "sha512"];

function encrypt(key: Buffer, iv: Buffer, aad: Buffer, plaintext: Buffer): string {
  const cipher = gcmCipher(takeSecret(key), iv);
  cipher.setAAD(aad);
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([text, cipher.getAuthTag()]).toString("hex");
}

function decrypt(key: Buffer, iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): string {
  const decipher = gcmDecipher(takeSecret(key), iv);
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  return attempt(() => Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

function multiply(scalar: Buffer, point: Buffer): Buffer {
  return x25519(importScalarForTesting(scalar), importPoint(point));
}

function attempt(action: () => Buffer): string {
  try {
    return action().toString("hex");
  } catch {
    return "refused";
  }
}

function readWycheproof<T>(name: string): (T & { result: string; tagSize: number })[] {
  const { testGroups } = readVectors(`wycheproof-${name}.json`) as Wycheproof<T>;
  return testGroups.flatMap(({ tests, tagSize }) => tests.map((test) => ({ ...test, tagSize })));
}

describe.runIf(haveVectors)("Wycheproof's vectors", () => {
  it("AES-256-GCM: 66 encryptions, and every bad tag refused", () => {
    const tests = readWycheproof<Hexes<"key" | "iv" | "aad" | "msg" | "ct" | "tag">>("aes-256-gcm");
    expect(tests).toHaveLength(66);
    for (const { key, iv, aad, msg, ct, tag, result } of tests) {
      const valid = result === "valid";
      expect(encrypt(hex(key), hex(iv), hex(aad), hex(msg)) === ct + tag).toBe(valid);
      const opened = decrypt(hex(key), hex(iv), hex(aad), hex(ct), hex(tag));
      expect(opened).toBe(valid ? msg : "refused");
    }
  });

  it("X25519: 518 products, those of low order refused", () => {
    const tests = readWycheproof<Hexes<"public" | "private" | "shared">>("x25519");
    expect(tests).toHaveLength(518);
    for (const { public: point, private: scalar, shared } of tests) {
      const product = attempt(() => multiply(hex(scalar), hex(point)));
      expect(product).toBe(/^0*$/.test(shared) ? "refused" : shared);
    }
  });

  it.each(hashes)("HKDF with %s", (hash) => {
    const tests = readWycheproof<Hexes<"ikm" | "salt" | "info" | "okm"> & { size: number }>(
      `hkdf-${hash}`,
    );
    expect(tests.length).toBeGreaterThan(80);
    for (const { ikm, salt, info, okm, size, result } of tests) {
      const expanded = attempt(() =>
        hkdfExpand(hash, hkdfExtract(hash, hex(salt), hex(ikm)), hex(info), size),
      );
      expect(expanded).toBe(result === "invalid" ? "refused" : okm);
    }
  });

  it.each(hashes)("HMAC with %s", (hash) => {
    const tests = readWycheproof<Hexes<"key" | "msg" | "tag">>(`hmac-${hash}`);
    expect(tests).toHaveLength(174);
    for (const { key, msg, tag, tagSize, result } of tests) {
      const mac = hmac(hash, takeSecret(hex(key)), hex(msg)).subarray(0, tagSize / 8);
      expect(mac.toString("hex") === tag).toBe(result === "valid");
    }
  });

  it("PBKDF2-HMAC-SHA256: 60 derivations, to their first 32 bytes", async () => {
    const tests = readWycheproof<
      Hexes<"password" | "salt" | "dk"> & { iterationCount: number; dkLen: number }
    >("pbkdf2-hmac-sha256");
    expect(tests).toHaveLength(60);
    for (const { password, salt, dk, iterationCount, dkLen } of tests) {
      const key = await pbkdf2Sha256(hex(password), hex(salt), iterationCount);
      const length = Math.min(32, dkLen);
      expect(key.subarray(0, length)).toEqual(hex(dk).subarray(0, length));
    }
  });
});

describe.runIf(haveVectors)("NIST's vectors for AES-256-GCM", () => {
  it("150 encryptions, and 150 decryptions of which 74 fail", () => {
    interface Case extends Hexes<"key" | "iv" | "aad" | "pt" | "ct" | "tag"> {
      readonly fail: boolean;
    }
    const file = readVectors("nist-cavp-aes-256-gcm.json") as { encrypt: Case[]; decrypt: Case[] };
    expect([file.encrypt.length, file.decrypt.length]).toEqual([150, 150]);
    for (const { key, iv, aad, pt, ct, tag } of file.encrypt) {
      expect(encrypt(hex(key), hex(iv), hex(aad), hex(pt))).toBe(ct + tag);
    }
    for (const { key, iv, aad, pt, ct, tag, fail } of file.decrypt) {
      const opened = decrypt(hex(key), hex(iv), hex(aad), hex(ct), hex(tag));
      expect(opened).toBe(fail ? "refused" : pt);
    }
    expect(file.decrypt.filter(({ fail }) => fail)).toHaveLength(74);
  });
});

describe.runIf(haveVectors)("the vectors of the RFCs", () => {
  it("RFC 7748: X25519, iterated and as a key exchange", () => {
    const file = readVectors("rfc7748-x25519.json") as {
      function: Hexes<"k" | "u" | "out">[];
      iterated: Hexes<"seed" | "after1" | "after1000">;
      diffie_hellman: Hexes<"a" | "A" | "b" | "B" | "K">;
    };
    for (const { k, u, out } of file.function) expect(multiply(hex(k), hex(u))).toEqual(hex(out));
    let [k, u] = [hex(file.iterated.seed), hex(file.iterated.seed)];
    [k, u] = [multiply(k, u), k];
    expect(k).toEqual(hex(file.iterated.after1));
    for (let i = 2; i <= 1000; i++) [k, u] = [multiply(k, u), k];
    expect(k).toEqual(hex(file.iterated.after1000));
    const { a, A, b, B, K } = file.diffie_hellman;
    expect(multiply(hex(a), hex(B))).toEqual(hex(K));
    expect(multiply(hex(b), hex(A))).toEqual(hex(K));
  });

  it("RFC 5869: HKDF-SHA256", () => {
    const { tests } = readVectors("rfc5869-hkdf-sha256.json") as {
      tests: (Hexes<"ikm" | "salt" | "info" | "prk" | "okm"> & { L: number })[];
    };
    for (const { ikm, salt, info, L, prk, okm } of tests) {
      expect(hkdfExtract("sha256", hex(salt), hex(ikm))).toEqual(hex(prk));
      expect(hkdfExpand("sha256", hex(prk), hex(info), L)).toEqual(hex(okm));
    }
  });

  it("RFC 7914: PBKDF2-HMAC-SHA256", async () => {
    const { tests } = readVectors("rfc7914-pbkdf2-hmac-sha256.json") as {
      tests: { P: string; S: string; c: number; dk: string }[];
    };
    for (const { P, S, c, dk } of tests) {
      const key = await pbkdf2Sha256(Buffer.from(P), Buffer.from(S), c);
      expect(key).toEqual(hex(dk).subarray(0, 32));
    }
  });

  it("RFC 8448: the key schedule, under TLS's own label prefix", () => {
    const { values } = readVectors("rfc8448-key-schedule.json") as {
      values: Record<string, string>;
    };
    const value = (name: string): Buffer => hex(values[name] ?? "");
    const suite = { hash: "sha256", prefix: "tls13 " } as const;
    const empty = Buffer.alloc(0);
    const emptyHash = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const zeros = Buffer.alloc(32);
    const early = hkdfExtract("sha256", zeros, zeros);
    expect(early).toEqual(value("early"));
    const derived1 = expandLabel(suite, early, "derived", emptyHash, 32);
    expect(derived1).toEqual(value("derived1"));
    const handshake = hkdfExtract("sha256", derived1, value("ecdhe"));
    expect(handshake).toEqual(value("handshake"));
    const transcript = value("th_ch_sh");
    expect(expandLabel(suite, handshake, "c hs traffic", transcript, 32)).toEqual(value("c_hs"));
    const server = expandLabel(suite, handshake, "s hs traffic", transcript, 32);
    expect(server).toEqual(value("s_hs"));
    const derived2 = expandLabel(suite, handshake, "derived", emptyHash, 32);
    expect(derived2).toEqual(value("derived2"));
    expect(hkdfExtract("sha256", derived2, zeros)).toEqual(value("master"));
    expect(expandLabel(suite, server, "key", empty, 16)).toEqual(value("s_hs_key"));
    expect(expandLabel(suite, server, "iv", empty, 12)).toEqual(value("s_hs_iv"));
    expect(expandLabel(suite, server, "finished", empty, 32)).toEqual(value("s_finished_key"));
  });
});

it.skipIf(haveVectors)(
  "the published vectors are not at hand, so only the differential tests ran",
  () => {
    expect(haveVectors).toBe(false);
  },
);
