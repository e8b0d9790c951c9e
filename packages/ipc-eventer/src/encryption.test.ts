import { join, sep } from "node:path";
import { defaultLimits } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { hear, hearAll } from "../test/hear.ts";
import { TestPlace } from "../test/test-place.ts";
import { connectOrServe, IPCClient, IPCServer } from "./index.ts";
import { Encryption, isEncryptionError, realmOf, securityOf } from "./encryption.ts";

describe("a password", () => {
  it.each(["correct horse", new Uint8Array(32).fill(7)])(
    "lets in who has it, and everything works as without",
    async (password) => {
      const place = new TestPlace();
      const server = await place.serve({ password });
      const { client, socket, remote } = await place.pair(server, { password, name: "Ada" });
      expect([socket.id, remote.name]).toEqual([remote.id, "Ada"]);
      remote.on("echo", (data: unknown) => remote.emit("echo", data));
      const values = ["hi", { deep: [Buffer.from([1, 2])] }, "x".repeat(200_000)];
      const heard = hearAll(socket, "echo", values.length);
      for (const value of values) socket.emit("echo", value);
      expect((await heard).map(([value]) => value)).toEqual(values);
      const kicked = hear(client, "kicked");
      remote.disconnect("done");
      await expect(kicked).resolves.toEqual({ reason: "done" });
      expect((await client.connect()).id).toBe(socket.id);
    },
  );

  it("stretches text of any script, and takes the same text typed differently for the same", async () => {
    const place = new TestPlace();
    const server = await place.serve({ password: "caf\u00e9" });
    await place.pair(server, { password: "cafe\u0301" });
  });

  it.each([
    ["another password", { password: "right" }, { password: "wrong" }, "IPC_AUTHENTICATION_FAILED"],
    ["none", { password: "right" }, {}, "IPC_PEER_REQUIRES_PASSWORD"],
    ["one where the server has none", {}, { password: "wrong" }, "IPC_PEER_IS_PLAINTEXT"],
  ])(
    "tells both sides error and encryption:error when the client has %s",
    async (_what, ours, theirs, code) => {
      const place = new TestPlace();
      const server = await place.serve(ours);
      const stubborn = place.client({ ...theirs, reconnect: true });
      const told = [
        hear(server, "error"),
        hear(server, "encryption:error"),
        hear(stubborn, "error"),
        hear(stubborn, "encryption:error"),
      ];
      const connected: unknown[] = [];
      server.on("connected", () => connected.push("server"));
      stubborn.on("connected", () => connected.push("client"));
      // A wrong password is final: time does not mend it.
      await expect(stubborn.connect()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/password/) as string,
      });
      const [onServer, onServerToo, onClient, onClientToo] = await Promise.all(told);
      expect([onServerToo, onClientToo]).toEqual([onServer, onClient]);
      expect(connected).toEqual([]);
      await place.pair(server, ours);
    },
  );

  it("ends no process when it is wrong and error has no listener", async () => {
    const place = new TestPlace();
    const server = await place.serve({ password: "right" });
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(place.client({ password: "wrong" }).connect()).rejects.toMatchObject({
        code: "IPC_AUTHENTICATION_FAILED",
      });
    }
    await place.pair(server, { password: "right" });
  });

  it("takes effect for connections made after it was set, and until it was cleared", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, remote } = await place.pair(server);
    await server.setEncryption("new");
    expect(remote.connected).toBe(true);
    await expect(place.client().connect()).rejects.toMatchObject({
      code: "IPC_PEER_REQUIRES_PASSWORD",
    });
    const id = remote.id;
    await client.disconnect();
    void client.setEncryption("new");
    // Another password, another identity.
    expect((await client.connect()).id).not.toBe(id);
    await client.disconnect();
    server.clearEncryption();
    client.clearEncryption();
    await client.connect();
  });

  it("lets the last of several changes win, whichever is ready first", async () => {
    const place = new TestPlace();
    const server = place.server();
    void server.setEncryption("one");
    server.clearEncryption();
    void server.setEncryption("two");
    await server.start();
    const { client } = await place.pair(server, { password: "two" });
    await client.disconnect();
    const three = server.setEncryption("three");
    server.clearEncryption();
    await three;
    await place.pair(server);
  });

  it.each([
    [undefined, "is undefined"],
    [null, "is null"],
    ["", "is empty"],
    [new Uint8Array(0), "is empty"],
    [5, "is a number"],
    [["secret"], "is an object"],
    [new Uint16Array(8), "is an object"],
  ])("is refused when it is given and would protect nothing: %o %s", async (given, what) => {
    const place = new TestPlace();
    const password = given as string;
    const refusal: unknown = expect.objectContaining({
      code: "IPC_INVALID_OPTION",
      message: `The option password ${what}: nothing would be protected. Give text or bytes, or leave the option out to speak plaintext.`,
    });
    expect(() => new IPCServer("x", { password })).toThrow(refusal);
    expect(() => new IPCClient("x", { password })).toThrow(refusal);
    const settings = { serve: (): void => undefined, connect: (): void => undefined };
    await expect(connectOrServe("x", { ...settings, password })).rejects.toEqual(refusal);
    for (const endpoint of [place.server(), place.client()]) {
      await expect(endpoint.setEncryption(password)).rejects.toMatchObject({
        code: "IPC_PASSWORD_INVALID",
      });
    }
  });

  it("is refused when it has characters that no keyboard types, by start and connect", async () => {
    const place = new TestPlace();
    const password = "secret\n";
    const code = "IPC_PASSWORD_INVALID";
    await expect(place.server({ password }).start()).rejects.toMatchObject({ code });
    await expect(place.client({ password }).connect()).rejects.toMatchObject({ code });
    const stubborn = place.client({ password, reconnect: true });
    await expect(stubborn.connect()).rejects.toMatchObject({ code });
  });

  it("opens one realm only: the endpoint's name, unless both sides name another", async () => {
    const place = new TestPlace();
    const password = "same";
    const server = await place.serve({ password, realm: "blue" });
    await expect(place.client({ password }).connect()).rejects.toMatchObject({
      code: "IPC_AUTHENTICATION_FAILED",
      message: expect.stringMatching(/realm/) as string,
    });
    const { remote } = await place.pair(server, { password, realm: "blue" });
    expect(remote.connected).toBe(true);
    expect([realmOf("name"), realmOf("/run/x/name.sock"), realmOf("/run/x/other")]).toEqual([
      "name",
      "name",
      "other",
    ]);
  });

  it("shows a listener on the wire neither names nor events", async () => {
    const place = new TestPlace();
    const password = "secret";
    const server = await place.serve({ password });
    const peer = await place.rawPeer(server);
    peer.say('{"ipc":[1],"role":"client","mode":"plain"}\n{"hello":{"name":"thief"}}\n');
    await peer.closed;
    expect(peer.text).toBe('{"bye":{"reason":"authentication","error":"IPC_PEER_IS_PLAINTEXT"}}\n');
  });

  it("lets honest clients in while 300 connections do not prove it", async () => {
    const place = new TestPlace();
    const password = "secret";
    const server = await place.serve({ password });
    const peers = await Promise.all(Array.from({ length: 300 }, () => place.rawPeer(server)));
    const { socket, remote } = await place.pair(server, { password });
    const heard = hear(remote, "x");
    socket.emit("x", "still served");
    await expect(heard).resolves.toBe("still served");
    // Above 128 that have not proved the password, a random one is turned away.
    const turnedAway = peers.filter(({ socket: { destroyed } }) => destroyed);
    expect(turnedAway.length).toBeGreaterThanOrEqual(150);
  });
});

/** The random bytes in the preface of a session made now. */
function randomOf({ inForce }: Encryption): string {
  let said = "";
  const say = (bytes: string | Uint8Array): void => void (said += Buffer.from(bytes).toString());
  securityOf(inForce)?.open("client", { limits: defaultLimits }, say);
  return (JSON.parse(said) as { random: string }).random;
}

describe("Encryption", () => {
  it("has no key without a password, and a session is plaintext then", () => {
    const { inForce } = new Encryption("realm", undefined);
    expect(inForce).toEqual({ key: undefined });
    expect(securityOf(inForce)).toBeUndefined();
  });

  it("has the key once it is ready", async () => {
    const encryption = new Encryption("realm", "password");
    expect(encryption.inForce.key).toBeUndefined();
    await encryption.ready();
    expect(encryption.inForce).toMatchObject({ key: { realm: "realm" } });
  });

  it("gives every session fresh random bytes", async () => {
    const encryption = new Encryption("realm", Buffer.alloc(32, 1));
    await encryption.ready();
    const [one, other] = [randomOf(encryption), randomOf(encryption)];
    expect(Buffer.from(one, "base64")).toHaveLength(32);
    expect(one).not.toBe(other);
  });

  it("takes a change into force when it is ready, and the former key serves until then", async () => {
    const encryption = new Encryption("realm", "one");
    await encryption.ready();
    const { key } = encryption.inForce;
    const ready = encryption.set("two");
    expect(encryption.inForce.key).toBe(key);
    await ready;
    expect(encryption.inForce.key).not.toBe(key);
  });

  it("lets the last of several changes win", async () => {
    const encryption = new Encryption("realm", "one");
    await encryption.ready();
    const { key } = encryption.inForce;
    // The one known already is ready first.
    await Promise.all([encryption.set("unknown so far"), encryption.set("one")]);
    expect(encryption.inForce.key).toBe(key);
    const late = encryption.set("too late");
    encryption.clear();
    await late;
    expect(encryption.inForce).toEqual({ key: undefined });
    await encryption.ready();
  });

  it("is under the same credential when it is given the same password again, and tells of others", async () => {
    const encryption = new Encryption("realm", "one");
    await encryption.ready();
    const { inForce } = encryption;
    let changes = 0;
    encryption.hearChanges(() => changes++);
    await encryption.set("one");
    expect([encryption.inForce === inForce, changes]).toEqual([true, 0]);
    await encryption.set("two");
    encryption.clear();
    encryption.clear();
    expect(changes).toBe(2);
    await encryption.set("one");
    // Sessions of the first time cannot go on now: what waited in them was told to be lost.
    expect([encryption.inForce === inForce, changes]).toEqual([false, 3]);
  });

  it("refuses a password that cannot be one, and keeps the key in force", async () => {
    const encryption = new Encryption("realm", "one");
    await encryption.ready();
    const { inForce } = encryption;
    await expect(encryption.set("")).rejects.toMatchObject({ code: "IPC_PASSWORD_INVALID" });
    await expect(encryption.ready()).rejects.toMatchObject({ code: "IPC_PASSWORD_INVALID" });
    expect(encryption.inForce).toEqual(inForce);
    // A change under way is not undone by one that is refused.
    const ready = encryption.set("two");
    await expect(encryption.set("")).rejects.toMatchObject({ code: "IPC_PASSWORD_INVALID" });
    await ready;
    expect(encryption.inForce.key).not.toBe(inForce.key);
    await expect(new Encryption("\uD800", "one").ready()).rejects.toMatchObject({
      code: "IPC_REALM_INVALID",
    });
  });
});

describe("realmOf", () => {
  it("is the name, or what an absolute path is called", () => {
    expect(realmOf("printer")).toBe("printer");
    expect(realmOf("printer.sock")).toBe("printer.sock");
    expect(realmOf(join(sep, "run", "printer.sock"))).toBe("printer");
    expect(realmOf(join(sep, "run", "printer"))).toBe("printer");
  });
});

describe("isEncryptionError", () => {
  it("is true of what `encryption:error` tells", () => {
    expect(isEncryptionError("IPC_AUTHENTICATION_FAILED")).toBe(true);
    expect(isEncryptionError("IPC_RECORD_CORRUPT")).toBe(true);
    expect(isEncryptionError("IPC_RECORD_SIZE")).toBe(true);
    expect(isEncryptionError("IPC_RECORD_UNEXPECTED")).toBe(true);
    expect(isEncryptionError("IPC_PEER_GONE")).toBe(false);
    expect(isEncryptionError(undefined)).toBe(false);
  });
});
