import { Buffer } from "node:buffer";
import { PasswordKey, FINISHED_RECORD_BODY } from "@ipc/crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { errorBye, welcome } from "../../test/party.ts";
import {
  keyOf,
  knownPair,
  knownSecurity,
  SecurePair,
  SecureParty,
  type SecurePairOptions,
} from "../../test/secure-pair.ts";
import { type HandshakePermit, secureHandshake, FinishedReader } from "./secure-opening.ts";

let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A permit that is given from an instant on, and counts. */
class Permit implements HandshakePermit {
  asked = 0;
  givenBack = 0;
  readonly #from: number;

  constructor(from: number) {
    this.#from = from;
  }

  take(now: number): number {
    this.asked++;
    return now >= this.#from ? 0 : 10;
  }

  giveBack(): void {
    this.givenBack++;
  }
}

function withPermit(permit: HandshakePermit): SecurePairOptions {
  return {
    client: { security: knownSecurity("client", key) },
    server: { security: { ...knownSecurity("server", key), permit } },
  };
}

describe("the opening of a session with a password", () => {
  it("lets each side introduce itself, in records only", () => {
    const pair = new SecurePair(knownPair(key));
    pair.settle();
    expect(pair.server.delivered).toEqual([["hello", { name: "probe" }]]);
    expect(pair.client.delivered).toEqual([["welcome", welcome]]);
    expect(pair.client.phase).toBe("open");
    expect(pair.server.phase).toBe("open");
  });

  it("ends the same however the bytes are cut", () => {
    for (const cuts of [[1], [7, 1, 64], [1000]]) {
      const pair = new SecurePair({ ...knownPair(key), cuts });
      pair.settle();
      pair.client.session.emit("cut", "anywhere");
      pair.settle();
      expect(pair.server.events).toEqual([["cut", "anywhere"]]);
    }
  });

  it("takes the first events in the same chunk as the client's proof", () => {
    const { client, server } = new SecurePair(knownPair(key));
    client.pump();
    server.feed(client.takeBytes());
    client.feed(server.takeBytes());
    server.feed(client.takeBytes());
    client.feed(server.takeBytes());
    expect(client.phase).toBe("open");
  });

  it("lets the client say nothing but its preface before the server has proved the password", () => {
    const client = new SecureParty("client", {
      security: knownSecurity("client", key),
      hello: { name: "secret name" },
    });
    client.pump();
    expect(JSON.parse(client.take())).toEqual({
      ipc: [1],
      role: "client",
      mode: "secure",
      limits: { message: client.limits.maxMessageBytes, attachments: client.limits.maxAttachments },
      features: [],
      random: Buffer.alloc(32, 0xc1).toString("base64"),
      share: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as unknown,
    });
  });

  describe("given the server must wait for leave", () => {
    it("lets it make no key share and say nothing until it has it", () => {
      const made = vi.spyOn(PasswordKey.prototype, "createKeyShare");
      const security = { key, random: Buffer.alloc(32), permit: new Permit(15) };
      const server = new SecureParty("server", { security });
      const client = new SecureParty("client", { security: knownSecurity("client", key) });
      client.pump();
      server.feed(client.takeBytes());
      expect(made).not.toHaveBeenCalled();
      expect(server.take()).toBe("");
      server.tick(10);
      expect(server.take()).toBe("");
      server.tick(20);
      expect(made).toHaveBeenCalledOnce();
      expect(server.take()).not.toBe("");
    });

    it("asks again when it is told to, and lets the client in then", () => {
      const permit = new Permit(35);
      const pair = new SecurePair(withPermit(permit));
      pair.pass(30);
      expect(pair.server.phase).toBe("preface");
      pair.pass(20);
      expect(pair.server.phase).toBe("open");
      expect(permit.asked).toBe(5);
    });

    it("gives up at the handshake's deadline, and asks no more", () => {
      const permit = new Permit(Infinity);
      const pair = new SecurePair(withPermit(permit));
      pair.pass(6_000);
      expect(pair.server.errorCode).toBe("IPC_HANDSHAKE_TIMEOUT");
      const { asked } = permit;
      expect(pair.server.deadline).toBe(Infinity);
      pair.pass(1_000);
      expect(permit.asked).toBe(asked);
    });

    it("takes nothing from the client meanwhile", () => {
      const server = new SecureParty("server", withPermit(new Permit(Infinity)).server);
      const client = new SecureParty("client", { security: knownSecurity("client", key) });
      client.pump();
      server.feed(client.takeBytes());
      server.feed(Buffer.of(0x17));
      expect(server.errorCode).toBeUndefined();
      expect(server.take()).toBe(errorBye("IPC_INVALID_MESSAGE"));
      server.disconnect();
      expect(server.errorCode).toBe("IPC_INVALID_MESSAGE");
    });

    it("refuses a bad key share only then, and tells the client", () => {
      const server = new SecureParty("server", withPermit(new Permit(10)).server);
      const share = Buffer.alloc(32).toString("base64");
      const random = share;
      server.feed(
        `${JSON.stringify({ ipc: [1], role: "client", mode: "secure", random, share })}\n`,
      );
      expect(server.take()).toBe("");
      server.tick(10);
      expect(server.take()).toBe(errorBye("IPC_SHARE_INVALID"));
      server.disconnect();
      expect(server.end).toMatchObject({ reason: "authentication", byPeer: false });
    });
  });

  describe("given the client's proof", () => {
    it("gives the permit back when it is right, once", () => {
      const permit = new Permit(0);
      new SecurePair(withPermit(permit)).settle();
      expect(permit.givenBack).toBe(1);
    });

    it("keeps the permit when it is wrong, or does not come", async () => {
      for (const security of [
        knownSecurity("client", await keyOf("a guess")),
        knownSecurity("client", await keyOf("correct horse", "another realm")),
      ]) {
        const permit = new Permit(0);
        const pair = new SecurePair({ ...withPermit(permit), client: { security } });
        pair.settle();
        pair.cut();
        expect(pair.client.errorCode).toBe("IPC_AUTHENTICATION_FAILED");
        expect(pair.server.errorCode).toBe("IPC_AUTHENTICATION_FAILED");
        expect(permit).toMatchObject({ asked: 1, givenBack: 0 });
      }
    });
  });

  it.each([false, true])(
    "is ended by a server that has not answered with a bye of its reason alone, the client's preface read: %s",
    (read) => {
      const { client, server } = new SecurePair(withPermit(new Permit(10)));
      client.pump();
      const preface = client.takeBytes();
      if (read) server.feed(preface);
      server.close("server-closing", "not for everyone");
      const line = server.take();
      expect(line).toBe(`{"bye":{"reason":"server-closing"}}\n`);
      client.feed(line);
      client.disconnect();
      expect(client.end).toEqual({ reason: "server-closing", message: undefined, byPeer: true });
    },
  );

  it("is ended without a word once the server has answered", () => {
    const { client, server } = new SecurePair(knownPair(key));
    client.pump();
    server.feed(client.takeBytes());
    server.take();
    server.close("server-closing");
    expect(server.take()).toBe("");
  });

  it("takes no second preface for a proof", () => {
    const { client, server } = new SecurePair(knownPair(key));
    client.pump();
    const preface = client.takeBytes();
    server.feed(preface);
    server.feed(preface);
    server.disconnect();
    expect(server.errorCode).toBe("IPC_INVALID_MESSAGE");
    expect(server.delivered.length).toBe(1);
  });

  it("takes the peer's refusal in the place of its preface or of its proof", () => {
    const refusal = errorBye("IPC_TOO_MANY_HANDSHAKES");
    const early = new SecureParty("client", { security: knownSecurity("client", key) });
    early.feed(refusal);
    early.disconnect();
    const { client, server } = new SecurePair(knownPair(key));
    client.pump();
    server.feed(client.takeBytes());
    client.feed(`${server.take().split("\n", 1)[0] ?? ""}\n${refusal}`);
    client.disconnect();
    for (const end of [early.end, client.end]) {
      expect(end).toMatchObject({
        reason: "unavailable",
        byPeer: true,
        error: { code: "IPC_TOO_MANY_HANDSHAKES" },
      });
    }
  });
});

describe("the end of a session with a password", () => {
  it("survives a peer that never closes its side", () => {
    const pair = new SecurePair(knownPair(key));
    pair.settle();
    pair.server.close("kicked", "enough");
    pair.server.tick(pair.now + pair.server.limits.closeTimeout);
    expect(pair.server.end).toMatchObject({ reason: "kicked" });
    pair.server.drain();
  });

  it("survives a peer that reads nothing", () => {
    const pair = new SecurePair({
      ...knownPair(key),
      server: {
        ...knownPair(key).server,
        limits: { maxQueuedBytes: 1024, highWaterMark: 512, stallTimeout: 50 },
      },
    });
    pair.settle();
    pair.server.blocks = true;
    pair.server.session.emit("first", "x");
    pair.server.pump();
    pair.server.session.emit("flood", "x".repeat(2000));
    pair.server.pump();
    pair.server.tick(pair.now);
    pair.server.tick(pair.now + 50);
    expect(pair.server.errorCode).toBe("IPC_SLOW_CONSUMER");
    pair.server.drain();
  });

  it("tells a goodbye from a cut", () => {
    const cut = new SecurePair(knownPair(key));
    cut.settle();
    cut.cut();
    expect(cut.client.end?.error).toMatchObject({
      code: "IPC_PEER_GONE",
      cause: { code: "IPC_TRUNCATED" },
    });
    const closed = new SecurePair(knownPair(key));
    closed.settle();
    closed.server.close("server-closing");
    closed.settle();
    closed.cut();
    expect(closed.client.end).toEqual({
      reason: "server-closing",
      message: undefined,
      byPeer: true,
    });
  });
});

const [clientPreface, serverPreface] = [Buffer.from("client\n"), Buffer.from("server\n")];

async function bothSides(serverPassword?: string): Promise<{
  readonly client: ReturnType<typeof secureHandshake>;
  readonly server: ReturnType<typeof secureHandshake>;
  readonly serverBody: Buffer;
}> {
  const client = secureHandshake("client", knownSecurity("client", await keyOf()));
  const server = secureHandshake("server", knownSecurity("server", await keyOf(serverPassword)));
  const { flight } = server.handlePreface({
    ownPreface: serverPreface,
    peerPreface: clientPreface,
    peerShare: client.share,
  });
  const said = client.handlePreface({
    ownPreface: clientPreface,
    peerPreface: serverPreface,
    peerShare: server.share,
  });
  expect(said).toEqual({});
  return { client, server, serverBody: Buffer.from(flight ?? []).subarray(4) };
}

describe("secureHandshake", () => {
  it("gives both sides the two halves of one channel", async () => {
    const { client, server, serverBody } = await bothSides();
    const { flight, channel: ofClient } = client.handleFinished(serverBody);
    const { channel: ofServer, flight: none } = server.handleFinished(
      Buffer.from(flight ?? []).subarray(4),
    );
    expect(none).toBeUndefined();
    const [record] = ofServer?.sealer.seal(["hello"]) ?? [];
    expect(ofClient?.opener.open(Buffer.from(record ?? []).subarray(4)).toString()).toBe("hello");
  });

  it("fails at the client, before it has said anything, when the passwords differ", async () => {
    const { client, serverBody } = await bothSides("another");
    expect(() => client.handleFinished(serverBody)).toThrowError(
      expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
    );
  });

  it("fails at the server for a client that only sends back what it was sent", async () => {
    const { server, serverBody } = await bothSides();
    expect(() => server.handleFinished(serverBody)).toThrowError(
      expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
    );
  });
});

const header = Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY);
const body = Buffer.from(Array.from({ length: FINISHED_RECORD_BODY }, (_, at) => at));
const record = Buffer.concat([header, body]);

/** Feeds the bytes in pieces; answers what the last call answered. */
function readInPieces(reader: FinishedReader, bytes: Buffer, size: number): number {
  let taken = 0;
  for (let at = 0; at < bytes.length; at += size) {
    taken = reader.read(bytes.subarray(at, at + size));
  }
  return taken;
}

describe("FinishedReader", () => {
  it("takes one record and leaves what follows it", () => {
    const reader = new FinishedReader();
    expect(reader.read(Buffer.concat([record, Buffer.from("more")]))).toBe(record.length);
    expect(reader.body).toEqual(body);
    expect(reader.line).toBeUndefined();
  });

  it("takes the same record however its bytes are cut", () => {
    for (let size = 1; size <= record.length; size++) {
      const reader = new FinishedReader();
      expect(readInPieces(reader, record, size)).toBeGreaterThan(0);
      expect(reader.body).toEqual(body);
    }
  });

  it("asks for more until the last byte", () => {
    const reader = new FinishedReader();
    expect(reader.read(record.subarray(0, -1))).toBe(0);
    expect(reader.read(record.subarray(-1))).toBe(1);
  });

  it("takes the line of a refusal, however it is cut", () => {
    const line = Buffer.from(errorBye("IPC_AUTHENTICATION_FAILED"));
    for (let size = 1; size <= line.length; size++) {
      const reader = new FinishedReader();
      expect(readInPieces(reader, line, size)).toBeGreaterThan(0);
      expect(reader.line).toEqual(line);
    }
  });

  it.each([
    ["no prefix of a record", Buffer.of(0x16)],
    ["a body of 64 bytes", Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY - 1)],
    ["a body of 66 bytes", Buffer.of(0x17, 0, 0, FINISHED_RECORD_BODY + 1)],
    ["a body of 64 KiB", Buffer.of(0x17, 1)],
    ["a refusal that begins within a header", Buffer.of(0x17, 0x7b)],
  ])("refuses %s before a byte of the body has come", (_, bytes) => {
    for (const size of [1, bytes.length]) {
      const reader = new FinishedReader();
      expect(() => readInPieces(reader, bytes, size)).toThrowError(
        expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
      );
    }
  });

  it("refuses a refusal without an end at 1,024 bytes", () => {
    const reader = new FinishedReader();
    expect(reader.read(Buffer.from(`{${" ".repeat(1022)}`))).toBe(0);
    expect(() => reader.read(Buffer.of(0x20))).toThrowError(
      expect.objectContaining({ code: "IPC_NOT_IPC" }),
    );
  });
});
