import { beforeAll, describe, expect, it } from "vitest";
import { cpaceGenerator, intermediateSessionKey, lvCat } from "../src/cpace.ts";
import { openFinished, Responder } from "../src/handshake.ts";
import { hkdfExpand, hkdfExtract, IPC_SUITE } from "../src/hkdf.ts";
import { KeySchedule } from "../src/key-schedule.ts";
import { stretchPassword } from "../src/password.ts";
import {
  gcmCipher,
  gcmDecipher,
  hash,
  importPoint,
  importScalarForTesting,
  pbkdf2Sha256,
  randomBytes,
  takeSecret,
  x25519,
} from "../src/primitives.ts";
import { bodyOf, clientScalar, connectPair, keys, preface, type Pair } from "./handshake-pair.ts";

const REALM = "printer";
const PASSWORD = "sunshine";
const dictionary = ["123456", "password", "letmein", "dragon", "monkey", PASSWORD, "iloveyou"];
const EMPTY = Buffer.alloc(0);

/** The search of an attacker with a list of passwords and one way to test a guess. */
async function guess(test: (password: string) => boolean | Promise<boolean>): Promise<string[]> {
  const found: string[] = [];
  for (const password of dictionary) if (await test(password)) found.push(password);
  return found;
}

function opens(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): boolean {
  const decipher = gcmDecipher(takeSecret(key), nonce);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    decipher.update(sealed.subarray(0, -16));
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function encrypt(key: Buffer, nonce: Buffer, aad: Buffer, content: Buffer): Buffer {
  const cipher = gcmCipher(takeSecret(key), nonce);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

// A higher iteration count makes an attack slower and not harder; 1000 keep the test short.
async function stretch(password: string): Promise<Buffer> {
  return pbkdf2Sha256(Buffer.from(password), Buffer.from("static salt"), 1000);
}

/** The key and hash of message 1 in Noise's pattern NNpsk0, `-> psk, e`. */
function noiseFirstMessage(psk: Buffer, e: Buffer): { k: Buffer; h: Buffer } {
  const name = Buffer.from("Noise_NNpsk0_25519_AESGCM_SHA256");
  const mixed = noiseHkdf(name, psk);
  const h = hash("sha256", hash("sha256", hash("sha256", name), mixed.subarray(32, 64)), e);
  return { k: noiseHkdf(mixed.subarray(0, 32), e).subarray(32, 64), h };
}

function noiseHkdf(chainingKey: Buffer, input: Buffer): Buffer {
  return hkdfExpand("sha256", hkdfExtract("sha256", chainingKey, input), EMPTY, 96);
}

function shareIn(line: Buffer): Buffer {
  const { share } = JSON.parse(line.toString()) as { share: string };
  return Buffer.from(share, "base64");
}

/** Tests one guess at the shared point against the server's proof. */
function confirms(
  k: Buffer,
  clientPreface: Buffer,
  serverPreface: Buffer,
  flight: Buffer,
): boolean {
  const isk = intermediateSessionKey(
    k,
    { share: shareIn(clientPreface), associatedData: clientPreface },
    { share: shareIn(serverPreface), associatedData: serverPreface },
    EMPTY,
  );
  const transcriptHash = hash(IPC_SUITE.hash, clientPreface, serverPreface);
  const { server } = new KeySchedule(isk).handshakeKeys(transcriptHash);
  try {
    openFinished(server, bodyOf(flight), transcriptHash);
    return true;
  } catch {
    return false;
  }
}

describe("the harness finds the password of schemes that can be attacked offline", () => {
  it("of a key stretched with a static salt, from one sniffed message", async () => {
    const nonce = randomBytes(12);
    const sniffed = encrypt(await stretch(PASSWORD), nonce, EMPTY, Buffer.from('{"event":"x"}'));
    expect(await guess(async (word) => opens(await stretch(word), nonce, EMPTY, sniffed))).toEqual([
      PASSWORD,
    ]);
  });

  it("of a Noise handshake NNpsk0, from its first message", async () => {
    const e = randomBytes(32);
    const nonce = Buffer.alloc(12);
    const honest = noiseFirstMessage(await stretch(PASSWORD), e);
    const sniffed = encrypt(Buffer.from(honest.k), nonce, honest.h, EMPTY);
    const found = await guess(async (word) => {
      const { k, h } = noiseFirstMessage(await stretch(word), e);
      return opens(Buffer.from(k), nonce, h, sniffed);
    });
    expect(found).toEqual([PASSWORD]);
  });
});

describe("the harness finds nothing in our handshake", () => {
  let generators: Map<string, Buffer>;
  let pair: Pair;

  beforeAll(async () => {
    const realm = Buffer.from(REALM);
    const salt = hash("sha256", lvCat(Buffer.from("ipc-crypto/1 salt"), realm));
    const ci = lvCat(Buffer.from("ipc-crypto/1"), realm);
    const pairs = dictionary.map(async (word): Promise<[string, Buffer]> => {
      const prs = await stretchPassword(Buffer.from(word), salt);
      return [word, cpaceGenerator(prs, ci, EMPTY)];
    });
    generators = new Map(await Promise.all(pairs));
    pair = connectPair(await keys.derive(PASSWORD, REALM));
  });

  function generator(word: string): Buffer {
    return generators.get(word) ?? EMPTY;
  }

  it("from everything that was sniffed, the right password being on the list", async () => {
    const shares = [pair.clientPreface, pair.serverPreface].map(shareIn);
    const guessedScalars = [hash("sha256", EMPTY), ...shares, ...generators.values()];
    const found = await guess((word) => {
      const g = generator(word);
      const points = [g, ...shares];
      const products = guessedScalars.flatMap((scalar) =>
        points.map((point) => x25519(importScalarForTesting(scalar), importPoint(point))),
      );
      return [...points, ...products].some((k) =>
        confirms(k, pair.clientPreface, pair.serverPreface, pair.serverFlight),
      );
    });
    expect(found).toEqual([]);
  });

  it("from playing the client: one connection tells about the one password it was made with", async () => {
    const key = await keys.derive(PASSWORD, REALM);
    const attack = (committedTo: string) => {
      const responder = new Responder(key);
      const scalar = randomBytes(32);
      const share = x25519(importScalarForTesting(scalar), importPoint(generator(committedTo)));
      const clientPreface = preface("client", share);
      const serverPreface = preface("server", responder.share);
      const { flight } = responder.handleClientPreface({
        ownPreface: serverPreface,
        peerPreface: clientPreface,
        peerShare: share,
      });
      // Whatever password is tried now, the only point that can be computed is this one, or one
      // made with another scalar that does not belong to the share that was sent.
      return async () =>
        guess((word) =>
          [responder.share, generator(word)].some((point) =>
            confirms(
              x25519(importScalarForTesting(scalar), importPoint(point)),
              clientPreface,
              serverPreface,
              flight,
            ),
          ),
        );
    };
    expect(await attack("password")()).toEqual([]);
    // With the right password the proof verifies, whatever the guess tested: the share decided it.
    expect(await attack(PASSWORD)()).toEqual(dictionary);
  });

  it("from sniffing now and learning the password later: only a scalar of that session opens it", async () => {
    const key = await keys.derive(PASSWORD, REALM);
    const sniffed = connectPair(key, { fixedScalars: true });
    const { clientPreface, serverPreface, serverFlight } = sniffed;
    const opensIt = (k: Buffer): boolean => confirms(k, clientPreface, serverPreface, serverFlight);

    const points = [generator(PASSWORD), shareIn(clientPreface), shareIn(serverPreface)];
    const products = Array.from({ length: 20 }, () => randomBytes(32)).flatMap((scalar) =>
      points.map((point) => x25519(importScalarForTesting(scalar), importPoint(point))),
    );
    expect([...points, ...products].some(opensIt)).toBe(false);

    const serverShare = importPoint(shareIn(serverPreface));
    expect(opensIt(x25519(importScalarForTesting(clientScalar), serverShare))).toBe(true);
  });
});
