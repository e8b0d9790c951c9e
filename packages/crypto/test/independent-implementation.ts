/**
 * The handshake and the records of version 1, written a second time from the README alone: on BigInt
 * and the noble packages, with nothing of `src`. It is slow and made for reading; only PBKDF2, which
 * noble computes in a second, is Node's.
 */
import { pbkdf2Sync } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

type Bytes = Uint8Array;

const NONE = new Uint8Array(0);
const P = 2n ** 255n - 19n;
const A = 486_662n;

function leb128(value: number): Bytes {
  return value < 128
    ? Uint8Array.of(value)
    : concatBytes(Uint8Array.of(128 | (value & 127)), leb128(value >>> 7));
}

function lvCat(...parts: Bytes[]): Bytes {
  return concatBytes(...parts.map((part) => concatBytes(leb128(part.length), part)));
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function pow(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = pow(mod(base * base), exponent >> 1n);
  return exponent % 2n === 1n ? mod(half * base) : half;
}

function fromLittleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) + BigInt(byte), 0n);
}

function toLittleEndian(value: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function elligator2(bytes: Bytes): Bytes {
  const u = fromLittleEndian(bytes) % 2n ** 255n;
  const v = mod(-A * pow(mod(1n + 2n * u * u), P - 2n));
  const square = pow(mod(v * v * v + A * v * v + v), (P - 1n) / 2n) === 1n;
  return toLittleEndian(square ? v : mod(-v - A));
}

/** The generator of a password and a realm. */
export function generatorOf(password: string, realm: string): Bytes {
  const prepared = utf8ToBytes(password.replaceAll(/\p{Zs}/gu, " ").normalize("NFC"));
  const salt = sha256(lvCat(utf8ToBytes("ipc-crypto/1 salt"), utf8ToBytes(realm)));
  const prs = pbkdf2Sync(prepared, salt, 200_000, 32, "sha256");
  const dsi = utf8ToBytes("CPace255");
  const zeros = new Uint8Array(127 - lvCat(dsi, prs).length);
  const ci = lvCat(utf8ToBytes("ipc-crypto/1"), utf8ToBytes(realm));
  return elligator2(sha512(lvCat(dsi, prs, zeros, ci, NONE)).slice(0, 32));
}

function expandLabel(secret: Bytes, label: string, context: Bytes, length: number): Bytes {
  const name = utf8ToBytes(`ipc1  ${label}`);
  const info = concatBytes(
    Uint8Array.of(0, length, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  );
  return expand(sha384, secret, info, length);
}

/** One direction of records. */
export class Direction {
  #secret: Bytes;
  #sequence = 0n;

  constructor(secret: Bytes) {
    this.#secret = secret;
  }

  #cipher(bodyLength: number): { aead: ReturnType<typeof gcm>; header: Bytes } {
    const header = Uint8Array.of(0x17, bodyLength >> 16, (bodyLength >> 8) & 255, bodyLength & 255);
    const iv = expandLabel(this.#secret, "iv", NONE, 12);
    const count = this.#sequence++;
    const nonce = iv.map((byte, i) => byte ^ Number((count >> BigInt(8 * (11 - i))) & 255n));
    return { aead: gcm(expandLabel(this.#secret, "key", NONE, 32), nonce, header), header };
  }

  /** A whole record. */
  seal(type: number, content: Bytes): Bytes {
    const { aead, header } = this.#cipher(content.length + 17);
    return concatBytes(header, aead.encrypt(concatBytes(content, Uint8Array.of(type))));
  }

  /** A record's type and content. */
  open(record: Bytes): { type: number | undefined; content: Bytes } {
    const plaintext = this.#cipher(record.length - 4).aead.decrypt(record.slice(4));
    return { type: plaintext.at(-1), content: plaintext.slice(0, -1) };
  }

  /** Goes on under the next key. */
  update(): void {
    this.#secret = expandLabel(this.#secret, "traffic upd", NONE, 48);
    this.#sequence = 0n;
  }
}

/** All that a handshake yields, for either role. */
export interface Handshake {
  readonly serverFinished: Bytes;
  readonly clientFinished: Bytes;
  readonly clientHandshake: Direction;
  readonly serverHandshake: Direction;
  readonly client: Direction;
  readonly server: Direction;
}

/** The public share of a scalar. */
export function shareOf(scalar: Bytes, generator: Bytes): Bytes {
  return x25519.scalarMult(scalar, generator);
}

/** The handshake as seen by the owner of one scalar. */
export function handshake(
  scalar: Bytes,
  peerShare: Bytes,
  client: { share: Bytes; preface: Bytes },
  server: { share: Bytes; preface: Bytes },
): Handshake {
  const k = x25519.scalarMult(scalar, peerShare);
  const isk = sha512(
    concatBytes(
      lvCat(utf8ToBytes("CPace255_ISK"), NONE, k),
      lvCat(client.share, client.preface),
      lvCat(server.share, server.preface),
    ),
  );
  const zeros = new Uint8Array(48);
  const none = sha384(NONE);
  const early = extract(sha384, zeros, zeros);
  const handshakeSecret = extract(sha384, isk, expandLabel(early, "derived", none, 48));
  const master = extract(sha384, zeros, expandLabel(handshakeSecret, "derived", none, 48));
  const th1 = sha384(concatBytes(client.preface, server.preface));
  const clientSecret = expandLabel(handshakeSecret, "c hs traffic", th1, 48);
  const serverSecret = expandLabel(handshakeSecret, "s hs traffic", th1, 48);
  const finished = (secret: Bytes, th: Bytes): Bytes =>
    hmac(sha384, expandLabel(secret, "finished", NONE, 48), th);
  const serverFinished = finished(serverSecret, th1);
  const th2 = sha384(concatBytes(client.preface, server.preface, serverFinished));
  return {
    serverFinished,
    clientFinished: finished(clientSecret, th2),
    clientHandshake: new Direction(clientSecret),
    serverHandshake: new Direction(serverSecret),
    client: new Direction(expandLabel(master, "c ap traffic", th2, 48)),
    server: new Direction(expandLabel(master, "s ap traffic", th2, 48)),
  };
}
