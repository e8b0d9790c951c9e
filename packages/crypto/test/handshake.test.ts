import { beforeAll, describe, expect, it } from "vitest";
import { Initiator, Responder } from "../src/handshake.ts";
import type { PasswordKey } from "../src/password-key.ts";
import type { PrefaceExchange } from "../src/key-share.ts";
import { codeOf } from "./code-of.ts";
import { bodiesOf, bodyOf, connectPair, keys, preface, type OnTheWay } from "./handshake-pair.ts";

let key: PasswordKey;
let otherPassword: PasswordKey;
let otherRealm: PasswordKey;

beforeAll(async () => {
  [key, otherPassword, otherRealm] = await Promise.all([
    keys.derive("correct horse", "printer"),
    keys.derive("battery staple", "printer"),
    keys.derive("correct horse", "scanner"),
  ]);
});

describe("given the same password and realm", () => {
  it("both sides end in a channel that carries messages in both directions", () => {
    const { client, server } = connectPair(key);
    for (const body of bodiesOf(client.sealer.seal(["hello", Buffer.from(" there")]))) {
      expect(server.opener.open(body).toString()).toBe("hello there");
    }
    for (const body of bodiesOf(server.sealer.seal(["welcome"]))) {
      expect(client.opener.open(body).toString()).toBe("welcome");
    }
  });

  it("the whole conversation is the same for the same scalars, byte for byte", async () => {
    const pair = connectPair(key, { fixedScalars: true });
    const fromClient = Buffer.concat(pair.client.sealer.seal(['["ping"]\n']));
    const fromServer = Buffer.concat(pair.server.sealer.seal(['["pong"]\n']));
    const conversation = {
      clientPreface: pair.clientPreface.toString(),
      serverPreface: pair.serverPreface.toString(),
      serverFlight: pair.serverFlight.toString("hex"),
      clientFlight: pair.clientFlight.toString("hex"),
      fromClient: fromClient.toString("hex"),
      fromServer: fromServer.toString("hex"),
      clientClose: Buffer.from(pair.client.sealer.close()).toString("hex"),
    };
    await expect(`${JSON.stringify(conversation, null, 2)}\n`).toMatchFileSnapshot(
      "golden-transcript.json",
    );
  });

  it("the memory of a preface may be used again after the call that took it", () => {
    const initiator = new Initiator(key);
    const responder = new Responder(key);
    const clientPreface = preface("client", initiator.share);
    const serverPreface = preface("server", responder.share);
    const toServer = { ownPreface: serverPreface, peerPreface: clientPreface };
    const toClient = { ownPreface: clientPreface, peerPreface: serverPreface };
    const { flight, next } = responder.handleClientPreface({
      ...toServer,
      peerShare: initiator.share,
    });
    const awaiting = initiator.handleServerPreface({ ...toClient, peerShare: responder.share });
    clientPreface.fill(0);
    serverPreface.fill(0);
    const client = awaiting.handleServerFinished(bodyOf(flight));
    expect(codeOf(() => next.handleClientFinished(bodyOf(client.flight)))).toBe("no error");
  });

  it("a record sent back to its maker, or taken from another session, ends the channel", () => {
    const pair = connectPair(key);
    const other = connectPair(key);
    const own = bodyOf(Buffer.concat(pair.client.sealer.seal(["mine"])));
    expect(codeOf(() => pair.client.opener.open(own))).toBe("IPC_RECORD_CORRUPT");
    expect(codeOf(() => other.server.opener.open(own))).toBe("IPC_RECORD_CORRUPT");
    expect(pair.server.opener.open(own).toString()).toBe("mine");
  });

  it("two handshakes with the same password have nothing in common", () => {
    expect(connectPair(key).serverFlight).not.toEqual(connectPair(key).serverFlight);
  });
});

describe("given different passwords or realms", () => {
  it("the client learns it from the server's Finished, before it has proved anything", () => {
    expect(codeOf(() => connectPair(key, { serverKey: otherPassword }))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
    expect(codeOf(() => connectPair(key, { serverKey: otherRealm }))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
  });
});

function flip(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes;
  };
}

describe("given an attacker between the two sides", () => {
  it("no byte of either preface and of either Finished can be changed", () => {
    const whole = connectPair(key);
    const outcomes = new Map<string, number>();
    for (const message of ["clientPreface", "serverPreface"] as const) {
      for (let at = 0; at < whole[message].length; at++) {
        const code = codeOf(() => connectPair(key, { onTheWay: { [message]: flip(at) } }));
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
    }
    for (const message of ["serverFlight", "clientFlight"] as const) {
      for (let at = 4; at < whole[message].length; at++) {
        const onTheWay: OnTheWay = { [message]: flip(at) };
        expect(codeOf(() => connectPair(key, { onTheWay }))).toBe("IPC_AUTHENTICATION_FAILED");
      }
    }
    expect([...outcomes.keys()].toSorted()).toEqual([
      "IPC_AUTHENTICATION_FAILED",
      "IPC_SHARE_INVALID",
    ]);
  });

  it("bit 255 of a share, which X25519 ignores, is protected all the same", () => {
    const { share } = new Initiator(key);
    const onTheWay = {
      clientPreface: (bytes: Buffer) => {
        const text = bytes.toString();
        const [, encoded = ""] = /"share":"([^"]*)"/.exec(text) ?? [];
        const changed = Buffer.from(encoded, "base64");
        changed.writeUInt8(changed.readUInt8(31) ^ 0x80, 31);
        return Buffer.from(text.replace(encoded, changed.toString("base64")));
      },
    };
    expect(share).toHaveLength(32);
    expect(codeOf(() => connectPair(key, { onTheWay }))).toBe("IPC_AUTHENTICATION_FAILED");
  });

  it("a Finished of another handshake is refused", () => {
    const { serverFlight, clientFlight } = connectPair(key);
    for (const onTheWay of [
      { serverFlight: () => serverFlight },
      { clientFlight: () => clientFlight },
    ]) {
      expect(codeOf(() => connectPair(key, { onTheWay }))).toBe("IPC_AUTHENTICATION_FAILED");
    }
  });

  it("a Finished is refused when sent back to its maker", () => {
    const initiator = new Initiator(key);
    const responder = new Responder(key);
    const clientPreface = preface("client", initiator.share);
    const serverPreface = preface("server", responder.share);
    const { flight, next } = responder.handleClientPreface({
      ownPreface: serverPreface,
      peerPreface: clientPreface,
      peerShare: initiator.share,
    });
    expect(codeOf(() => next.handleClientFinished(bodyOf(flight)))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
  });
});

function exchange(peerShare: Buffer): PrefaceExchange {
  return {
    ownPreface: Buffer.from("own\n"),
    peerPreface: Buffer.from("peer\n"),
    peerShare,
  };
}

describe("given a peer that sends a share which must not be accepted", () => {
  it("refuses one of 31 or 33 bytes and takes one of 32", () => {
    for (const [length, code] of [
      [31, "IPC_SHARE_INVALID"],
      [32, "no error"],
      [33, "IPC_SHARE_INVALID"],
    ] as const) {
      const share = Buffer.alloc(length, 9);
      expect(codeOf(() => new Initiator(key).handleServerPreface(exchange(share)))).toBe(code);
      expect(codeOf(() => new Responder(key).handleClientPreface(exchange(share)))).toBe(code);
    }
  });

  it("refuses its own share sent back", () => {
    const initiator = new Initiator(key);
    expect(codeOf(() => initiator.handleServerPreface(exchange(initiator.share)))).toBe(
      "IPC_SHARE_INVALID",
    );
    const responder = new Responder(key);
    expect(codeOf(() => responder.handleClientPreface(exchange(responder.share)))).toBe(
      "IPC_SHARE_INVALID",
    );
  });
});

describe("given a caller that takes a step twice", () => {
  it("every step refuses the second time", () => {
    const initiator = new Initiator(key);
    const responder = new Responder(key);
    const clientPreface = preface("client", initiator.share);
    const serverPreface = preface("server", responder.share);
    const toServer = {
      ownPreface: serverPreface,
      peerPreface: clientPreface,
      peerShare: initiator.share,
    };
    const toClient = {
      ownPreface: clientPreface,
      peerPreface: serverPreface,
      peerShare: responder.share,
    };
    const { flight, next } = responder.handleClientPreface(toServer);
    expect(codeOf(() => responder.handleClientPreface(toServer))).toBe("IPC_HANDSHAKE_SPENT");
    const awaiting = initiator.handleServerPreface(toClient);
    expect(codeOf(() => initiator.handleServerPreface(toClient))).toBe("IPC_HANDSHAKE_SPENT");
    const { flight: proof } = awaiting.handleServerFinished(bodyOf(flight));
    expect(codeOf(() => awaiting.handleServerFinished(bodyOf(flight)))).toBe("IPC_HANDSHAKE_SPENT");
    next.handleClientFinished(bodyOf(proof));
    expect(codeOf(() => next.handleClientFinished(bodyOf(proof)))).toBe("IPC_HANDSHAKE_SPENT");
  });
});
