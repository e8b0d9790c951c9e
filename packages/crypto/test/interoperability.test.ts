import { pbkdf2Sync } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { open, seal } from "../src/seal.ts";
import { SecureStream } from "../src/secure-stream.ts";
import { keys } from "./handshake-pair.ts";
import {
  generatorOf,
  handshake,
  shareOf,
  type Direction,
  type Handshake,
} from "./independent-implementation.ts";

const PASSWORD = "cafe\u0301\u2003au lait";
const REALM = "printer";
const scalar = Buffer.alloc(32, 0x77);

const generator = generatorOf(PASSWORD, REALM);

/** The 78 bytes a side of a stream begins with. */
function greeting(role: "c" | "s"): Buffer {
  const random = Buffer.alloc(32, 0x88);
  return Buffer.concat([Buffer.from(`ipc-crypto/1 ${role}`), random, shareOf(scalar, generator)]);
}

function side(preface: Buffer): { share: Buffer; preface: Buffer } {
  return { share: preface.subarray(46), preface };
}

function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const length = 4 + rest.readUIntBE(1, 3);
    found.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return found;
}

/** Exchanges 40 messages each way, with key updates, and both closes. */
function converse(stream: SecureStream, outbound: Direction, inbound: Direction): void {
  for (let i = 0; i < 40; i++) {
    const sent = Buffer.from(`message ${i}`);
    const toStream = [outbound.seal(23, sent)];
    if (i % 7 === 3) {
      toStream.push(outbound.seal(24, new Uint8Array(0)));
      outbound.update();
    }
    expect(stream.handleBytes(Buffer.concat(toStream)).received).toEqual([sent]);

    const heard: Uint8Array[] = [];
    for (const record of records(Buffer.concat(stream.send([`answer ${i}`])))) {
      const { type, content } = inbound.open(record);
      if (type === 23) heard.push(content);
      else inbound.update();
      expect([23, 24]).toContain(type);
    }
    expect(Buffer.concat(heard).toString()).toBe(`answer ${i}`);
  }
  stream.handleBytes(outbound.seal(21, Uint8Array.of(1, 0)));
  expect(stream.peerClosed).toBe(true);
  const [last] = records(Buffer.concat(stream.close()));
  expect(inbound.open(last ?? Buffer.alloc(0))).toEqual({
    type: 21,
    content: Uint8Array.of(1, 0),
  });
}

/** The keys of an envelope. */
function envelopeKeys(salt: Uint8Array): Record<"key" | "nonce" | "commitment", Uint8Array> {
  const prk = pbkdf2Sync("password", salt, 200_000, 32, "sha256");
  const part = (name: string, length: number): Uint8Array =>
    expand(sha256, prk, Buffer.from(`ipc-crypto/1 envelope ${name}`), length);
  return { key: part("key", 32), nonce: part("nonce", 12), commitment: part("commitment", 32) };
}

describe("an implementation written from the README", () => {
  it("talks to ours as its client", async () => {
    const key = await keys.derive(PASSWORD, REALM);
    const stream = new SecureStream("responder", key, { rekey: { recordsPerKey: 5 } });
    const clientPreface = greeting("c");
    const answer = Buffer.concat(stream.handleBytes(clientPreface).write);
    const serverPreface = answer.subarray(0, 78);
    const peer: Handshake = handshake(
      scalar,
      side(serverPreface).share,
      side(clientPreface),
      side(serverPreface),
    );
    expect(peer.serverHandshake.open(answer.subarray(78))).toEqual({
      type: 22,
      content: peer.serverFinished,
    });
    stream.handleBytes(peer.clientHandshake.seal(22, peer.clientFinished));
    expect(stream.ready).toBe(true);
    converse(stream, peer.client, peer.server);
  });

  it("talks to ours as its server", async () => {
    const key = await keys.derive(PASSWORD, REALM);
    const stream = new SecureStream("initiator", key, { rekey: { recordsPerKey: 3 } });
    const clientPreface = Buffer.concat(stream.start());
    const serverPreface = greeting("s");
    const peer: Handshake = handshake(
      scalar,
      side(clientPreface).share,
      side(clientPreface),
      side(serverPreface),
    );
    const { write } = stream.handleBytes(
      Buffer.concat([serverPreface, peer.serverHandshake.seal(22, peer.serverFinished)]),
    );
    expect(stream.ready).toBe(true);
    expect(peer.clientHandshake.open(Buffer.concat(write))).toEqual({
      type: 22,
      content: peer.clientFinished,
    });
    converse(stream, peer.server, peer.client);
  });

  it("reads our envelopes, and ours reads its own", async () => {
    const ours = await seal("from us", "password");
    const read = envelopeKeys(ours.subarray(8, 40));
    expect(Buffer.from(read.commitment)).toEqual(ours.subarray(40, 72));
    const message = gcm(read.key, read.nonce, ours.subarray(0, 78)).decrypt(ours.subarray(78));
    expect(Buffer.from(message).toString()).toBe("from us");

    const salt = Buffer.alloc(32, 0x99);
    const { key, nonce, commitment } = envelopeKeys(salt);
    const text = Buffer.from("from them");
    const header = Buffer.concat([
      Buffer.from("IPCSEAL\x01"),
      salt,
      commitment,
      Buffer.of(0, 0, 0, 0, 0, text.length),
    ]);
    const theirs = Buffer.concat([header, gcm(key, nonce, header).encrypt(text)]);
    expect((await open(theirs, "password")).toString()).toBe("from them");
  });
});
