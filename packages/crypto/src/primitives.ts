import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  pbkdf2,
  randomBytes as systemRandomBytes,
  randomInt as systemRandomInt,
  timingSafeEqual,
  type CipherGCM,
  type DecipherGCM,
  type KeyObject,
} from "node:crypto";

export type { CipherGCM, DecipherGCM, KeyObject };

/** A hash function of FIPS 180-4 by the name node:crypto gives it. */
export type HashName = "sha256" | "sha384" | "sha512";

const GCM_OPTIONS = { authTagLength: 16 };

/** The hash of the parts, one after the other. */
export function hash(name: HashName, ...parts: readonly Uint8Array[]): Buffer {
  const state = createHash(name);
  for (const part of parts) state.update(part);
  return state.digest();
}

/** HMAC (RFC 2104) of the parts, one after the other. */
export function hmac(
  name: HashName,
  key: KeyObject | Uint8Array,
  ...parts: readonly Uint8Array[]
): Buffer {
  // Bytes become a KeyObject in any case, and slower if createHmac makes it.
  const state = createHmac(name, ArrayBuffer.isView(key) ? createSecretKey(key) : key);
  for (const part of parts) state.update(part);
  return state.digest();
}

/** PBKDF2-HMAC-SHA256 (RFC 8018, 5.2) to 32 bytes, computed on a thread of libuv's pool. */
export async function pbkdf2Sha256(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, "sha256", (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** Moves a secret out of the JavaScript heap: the bytes become a KeyObject and are overwritten. */
export function takeSecret(bytes: Uint8Array): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** A fresh X25519 private key; its scalar never enters the JavaScript heap. */
export function generateScalar(): KeyObject {
  return generateKeyPairSync("x25519").privateKey;
}

/** An X25519 private key of a known scalar, for test vectors only. */
export function importScalarForTesting(scalar: Uint8Array): KeyObject {
  // JWK, not DER: importing DER takes ten times longer on OpenSSL 3.0. The public half `x` must be
  // there and is not looked at.
  const key = { kty: "OKP", crv: "X25519", d: base64url(scalar), x: base64url(new Uint8Array(32)) };
  return createPrivateKey({ format: "jwk", key });
}

/** An X25519 point from its 32-byte u-coordinate. */
export function importPoint(u: Uint8Array): KeyObject {
  return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "X25519", x: base64url(u) } });
}

/** X25519 (RFC 7748, 5): throws for a point of low order, whose product is zero. */
export function x25519(scalar: KeyObject, point: KeyObject): Buffer {
  return diffieHellman({ privateKey: scalar, publicKey: point });
}

/** An AES-256-GCM encryption (SP 800-38D) with a 96-bit nonce and a 128-bit tag. */
export function gcmCipher(key: KeyObject, nonce: Uint8Array): CipherGCM {
  return createCipheriv("aes-256-gcm", key, nonce, GCM_OPTIONS);
}

/** An AES-256-GCM decryption that accepts a tag of 16 bytes only. */
export function gcmDecipher(key: KeyObject, nonce: Uint8Array): DecipherGCM {
  return createDecipheriv("aes-256-gcm", key, nonce, GCM_OPTIONS);
}

/** Compares two secrets; the time depends on their lengths only. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Bytes from the operating system's generator. */
export function randomBytes(length: number): Buffer {
  return systemRandomBytes(length);
}

/** A uniform whole number from 0 to below `bound`. */
export function randomInt(bound: number): number {
  return systemRandomInt(bound);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}
