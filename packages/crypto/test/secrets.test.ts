import { inspect } from "node:util";
import { expect, it } from "vitest";
import { CryptoError } from "../src/error.ts";
import { Initiator, Responder } from "../src/handshake.ts";
import { SecureStream } from "../src/secure-stream.ts";
import { TrafficKey } from "../src/traffic-key.ts";
import { connectPair, keys } from "./handshake-pair.ts";

const SECRET = "correct horse battery staple";

/** Everything a logger could make of a value. */
function printed(value: unknown): string {
  return inspect(value, { showHidden: true, depth: 20 }) + JSON.stringify(value);
}

it("no object of a handshake or a channel shows more than what travels in the clear", async () => {
  const key = await keys.derive(SECRET, "realm");
  const { client, server } = connectPair(key);
  for (const object of [
    keys,
    new Initiator(key),
    new Responder(key),
    new SecureStream("initiator", key),
    new TrafficKey(Buffer.alloc(48, 0x61)),
    client.sealer,
    client.opener,
    server,
  ]) {
    expect(printed(object)).not.toMatch(/Buffer|Uint8Array|correct|61 61/);
  }
  expect(printed(key)).toBe('PasswordKey("realm"){"realm":"realm"}');
});

it("no error quotes a password, whichever way it is refused", async () => {
  for (const password of [`${SECRET}\n`, `${SECRET}\ud800`, SECRET.repeat(10_000)]) {
    const error: unknown = await keys.derive(password, "realm").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CryptoError);
    expect(printed(error)).not.toContain("horse");
  }
});

it("bytes handed to a traffic key are overwritten", () => {
  const secret = Buffer.alloc(48, 7);
  const key = new TrafficKey(secret);
  expect(secret.equals(Buffer.alloc(48))).toBe(true);
  key.drop();
  expect(() => key.cipher()).toThrow(CryptoError);
  expect(() => {
    key.update();
  }).toThrow(CryptoError);
});
