import { gcm } from "@noble/ciphers/aes.js";
import {
  _map_to_curve_elligator2_curve25519 as nobleMap,
  x25519 as nobleX25519,
} from "@noble/curves/ed25519.js";
import { expand as nobleExpand, extract as nobleExtract } from "@noble/hashes/hkdf.js";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { pbkdf2 as noblePbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex } from "../test/vectors.ts";
import { elligator2 } from "./cpace.ts";
import {
  add,
  decodeField,
  encodeField,
  invert,
  legendre,
  multiply,
  subtract,
} from "./field-25519.ts";
import { hkdfExpand, hkdfExtract } from "./hkdf.ts";
import {
  gcmCipher,
  hash,
  hmac,
  importPoint,
  importScalarForTesting,
  pbkdf2Sha256,
  takeSecret,
  x25519,
} from "./primitives.ts";

const P = 2n ** 255n - 19n;
const nobleHashes = { sha256, sha384, sha512 };
const hashName = fc.constantFrom("sha256", "sha384", "sha512");
const bytes = fc.uint8Array({ maxLength: 300 });

/** Values where carries and the final subtraction go to their limits. */
const edges = [
  0n,
  1n,
  2n,
  18n,
  19n,
  38n,
  P - 1n,
  P,
  P + 1n,
  P + 18n,
  2n ** 255n - 1n,
  2n ** 254n,
  2n ** 16n - 1n,
  2n ** 240n - 1n,
];
const element = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...edges) },
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }) },
);

function encode(value: bigint): Buffer {
  return Buffer.from(hex(value.toString(16).padStart(64, "0")).toReversed());
}

function decode(encoded: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(encoded.toReversed()).toString("hex")}`);
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square, rest] = [1n, mod(base), exponent];
  for (; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

describe("arithmetic in limbs, against BigInt", () => {
  it("adds, subtracts, multiplies, also on results not yet reduced", () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((value) => decodeField(encode(value)));
        if (!x || !y || !z) throw new Error("three elements");
        expect(decode(encodeField(add(x, y)))).toBe(mod(a + b));
        expect(decode(encodeField(subtract(x, y)))).toBe(mod(a - b));
        expect(decode(encodeField(multiply(x, y)))).toBe(mod(a * b));
        const deep = multiply(add(subtract(x, y), add(y, z)), subtract(z, add(x, x)));
        expect(decode(encodeField(deep))).toBe(mod((a + c) * (c - 2n * a)));
      }),
      { numRuns: 300 },
    );
  });

  it("inverts and tells squares from non-squares", () => {
    fc.assert(
      fc.property(element, (a) => {
        const x = decodeField(encode(a));
        expect(decode(encodeField(invert(x)))).toBe(power(a, P - 2n));
        expect(decode(encodeField(legendre(x)))).toBe(power(a, (P - 1n) / 2n));
      }),
      { numRuns: 100 },
    );
  });

  it("ignores bit 255 of an encoding", () => {
    expect(encodeField(decodeField(Buffer.alloc(32, 0xff)))).toEqual(encode(18n));
  });
});

describe("against the noble packages", () => {
  it("the map gives the same point for every field element", () => {
    fc.assert(
      fc.property(element, (u) => {
        const { xMn, xMd } = nobleMap(mod(u));
        expect(decode(elligator2(encode(u)))).toBe(mod(xMn * power(xMd, P - 2n)));
      }),
      { numRuns: 100 },
    );
  });

  it("X25519 gives the same product", () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, bytes32, (scalar, point) => {
        const product = x25519(importScalarForTesting(scalar), importPoint(point));
        expect(product.equals(nobleX25519.scalarMult(scalar, point))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("hashes, HMAC and HKDF give the same bytes", () => {
    fc.assert(
      fc.property(
        hashName,
        bytes,
        bytes,
        fc.integer({ min: 1, max: 500 }),
        (name, a, b, length) => {
          const noble = nobleHashes[name];
          expect(hash(name, a, b).equals(noble(Buffer.concat([a, b])))).toBe(true);
          expect(hmac(name, a, b).equals(nobleHmac(noble, a, b))).toBe(true);
          const prk = hkdfExtract(name, a, b);
          expect(prk.equals(nobleExtract(noble, b, a))).toBe(true);
          expect(hkdfExpand(name, prk, b, length).equals(nobleExpand(noble, prk, b, length))).toBe(
            true,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it("PBKDF2 gives the same key", async () => {
    const [password, salt] = [Buffer.from("password"), Buffer.from("salt")];
    const key = await pbkdf2Sha256(password, salt, 1000);
    expect(key.equals(noblePbkdf2(sha256, password, salt, { c: 1000, dkLen: 32 }))).toBe(true);
  });

  it("AES-256-GCM gives the same ciphertext and tag", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        bytes,
        bytes,
        (key, nonce, aad, content) => {
          const expected = gcm(key, nonce, aad).encrypt(content);
          const cipher = gcmCipher(takeSecret(Buffer.from(key)), nonce);
          cipher.setAAD(aad);
          const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
          expect(Buffer.concat([sealed, cipher.getAuthTag()]).equals(expected)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});
