import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { IPCServer } from "../src/index.ts";
import { hear, hearAll } from "./hear.ts";
import { type Greeting, Member } from "./member.ts";
import { preface, type RawPeer } from "./raw-peer.ts";
import { RemoteServer } from "./remote-server.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

/** Say a hello in plaintext, and read the welcome. */
async function greet(peer: RawPeer, hello: object): Promise<Greeting> {
  peer.say(`${preface}${JSON.stringify({ hello })}\n`);
  await peer.hears('"welcome"');
  return (JSON.parse(peer.text.split("\n")[1] ?? "") as { welcome: Greeting }).welcome;
}

describe("a client", () => {
  describe("given identities", () => {
    it("gets ids that are unique, and keeps its own when it comes again", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const pairs = await Promise.all(Array.from({ length: 20 }, () => place.client().connect()));
      expect(new Set(pairs.map(({ id }) => id)).size).toBe(20);
      const { client, socket } = await place.pair(server);
      await client.disconnect();
      expect((await client.connect()).id).toBe(socket.id);
    });

    it("replaces the connection of a client that connects anew, and tells both why", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const first = await place.rawPeer(server);
      await first.open();
      const { welcome: mine } = JSON.parse(first.text.split("\n")[1] ?? "") as {
        welcome: { id: string; token: string };
      };
      const [remote] = server.sockets;
      const gone = hearAll(server, "disconnected", 1);
      const again = await place.rawPeer(server);
      again.say(`{"ipc":[1],"role":"client","mode":"plain"}\n${JSON.stringify({ hello: mine })}\n`);
      await again.hears(`"id":"${mine.id}"`);
      await expect(gone).resolves.toMatchObject([[remote, { reason: "replaced", byPeer: false }]]);
      expect(remote?.connected).toBe(false);
      expect(server.sockets.map(({ id }) => id)).toEqual([mine.id]);
      expect(remote?.emit("late")).toBe(false);
      await first.hears('{"bye":{"reason":"replaced"');
      await first.closed;
      // The end of the former connection takes nothing from its successor.
      again.say('{"ping":0}\n');
      await again.hears('{"pong":0}');
      expect(server.sockets.map(({ id }) => id)).toEqual([mine.id]);
      expect(server.disconnectClient(mine.id)).toBe(true);
    });

    it("connects no client to a server that is stopped while the former connection is replaced", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const first = await place.rawPeer(server);
      await first.open();
      const { welcome: mine } = JSON.parse(first.text.split("\n")[1] ?? "") as { welcome: object };
      let stopped: Promise<void> | undefined;
      server.on("disconnected", () => {
        stopped ??= server.stop();
      });
      let sessions = 0;
      server.on("connected", () => {
        sessions += 1;
      });
      const again = await place.rawPeer(server);
      again.say(`{"ipc":[1],"role":"client","mode":"plain"}\n${JSON.stringify({ hello: mine })}\n`);
      await again.hears('{"bye":{"reason":"server-closing"');
      await stopped;
      expect(sessions).toBe(0);
      expect(server.sockets).toEqual([]);
    });

    it("tells replaced to a client, which does not fight for its place", async () => {
      const place = new TestPlace();
      let sessions = 0;
      await serveRaw(place, (peer) => {
        sessions += 1;
        peer.say(`${welcome}{"bye":{"reason":"replaced"}}\n`);
      });
      const client = place.client({ reconnect: true, reconnectInterval: 1 });
      const over = hear(client, "disconnect");
      let kicked = 0;
      client.on("kicked", () => {
        kicked += 1;
      });
      await client.connect();
      await expect(over).resolves.toMatchObject({ reason: "replaced", byPeer: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect([client.connected, kicked, sessions]).toEqual([false, 0, 1]);
    });

    it("gives a fresh id to a client that claims one without its token, and does not touch the owner", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      const epoch = "AAAAAAAA";
      for (const token of [undefined, "", "x", `${epoch}.${"A".repeat(43)}`, "é".repeat(128)]) {
        const thief = await place.rawPeer(server);
        const claim = JSON.stringify({ hello: { name: "thief", id: socket.id, token } });
        thief.say(`{"ipc":[1],"role":"client","mode":"plain"}\n${claim}\n`);
        await thief.hears('"welcome"');
        expect(thief.text).not.toContain(socket.id);
      }
      const heard = hear(remote, "still");
      socket.emit("still", "here");
      await expect(heard).resolves.toBe("here");
      expect(server.sockets).toHaveLength(6);
    });

    it("keeps the id over a restart of the server, in another process too", async () => {
      const place = new TestPlace();
      const first = await place.serve();
      const { client, socket } = await place.pair(first);
      await first.stop();
      const second = await RemoteServer.start(place);
      expect((await client.connect()).id).toBe(socket.id);
      expect((await second.report()).clients).toBe(1);
    });

    it("keeps it over a restart under the same password, and has another under another one", async () => {
      const place = new TestPlace();
      const first = await place.serve({ password: "one" });
      const { client, socket } = await place.pair(first, { password: "one" });
      await first.stop();
      const second = await place.serve({ password: "one" });
      expect((await client.connect()).id).toBe(socket.id);
      await client.disconnect();
      await Promise.all([second.setEncryption("two"), client.setEncryption("two")]);
      expect((await client.connect()).id).not.toBe(socket.id);
    });

    it("does not get the id of a client that is away for a token that it invents, after a restart either", async () => {
      const place = new TestPlace();
      const first = await place.serve();
      const { client, socket } = await place.pair(first);
      await client.disconnect();
      const claims = [
        { id: socket.id },
        { id: socket.id, token: "invented" },
        { id: socket.id, token: `AAAAAAAA.${"A".repeat(43)}` },
        { id: socket.id, token: "A".repeat(43) },
      ];
      const tryAll = async (server: IPCServer): Promise<void> => {
        for (const claim of claims) {
          const thief = await place.rawPeer(server);
          const { id, token } = await greet(thief, { ...claim, recovery: {} });
          expect(id).not.toBe(socket.id);
          // A token that was given for another id is no proof either.
          const again = await place.rawPeer(server);
          expect((await greet(again, { id: socket.id, token })).id).not.toBe(socket.id);
        }
      };
      await tryAll(first);
      await first.stop();
      const second = await place.serve();
      await tryAll(second);
      expect((await client.connect()).id).toBe(socket.id);
    });

    it("gets new ids, and its server tells why, where the secret in the directory cannot be used", async () => {
      const place = new TestPlace();
      writeFileSync(`${place.directory}/.ipc-eventer-ids`, Buffer.alloc(32), { mode: 0o644 });
      const server = place.server();
      const told = hear(server, "error");
      await server.start();
      await expect(told).resolves.toMatchObject({ code: "IPC_SECRET_REFUSED" });
      const { client, socket } = await place.pair(server);
      await server.stop();
      await server.start();
      // Of this process they are the same: the secret is then the process's own.
      expect((await client.connect()).id).toBe(socket.id);
    });
  });
});

describe.each([
  ["in plaintext", undefined],
  ["with a password", "correct horse"],
])("the secret of a session, %s", (_, password) => {
  /** A server with a client that hears `n`, whose session is known to it alone. */
  async function scene(): Promise<{ place: TestPlace; server: IPCServer; verdicts: unknown[] }> {
    const place = new TestPlace();
    const server = place.server({
      ...(password !== undefined && { password }),
      recoveryWindow: 60_000,
    });
    const verdicts: unknown[] = [];
    server.use((socket, { name }) => {
      verdicts.push(name);
      socket.data["name"] = name;
    });
    await server.start();
    return { place, server, verdicts };
  }

  it("is another one in each welcome, and proves the session once", async () => {
    const { place, server, verdicts } = await scene();
    const first = await Member.connect(place, server, password);
    const { id, token, recovery } = await first.greet({ name: "owner", recovery: {} });
    const secrets = [recovery?.session ?? ""];
    const claim = (secret: string) => ({
      id,
      token,
      recovery: { session: secret, received: 0 },
    });
    for (let turn = 0; turn < 3; turn++) {
      const next = await Member.connect(place, server, password);
      const greeting = await next.greet(claim(secrets.at(-1) ?? ""));
      expect(greeting.recovery).toMatchObject({ resumed: true });
      secrets.push(greeting.recovery?.session ?? "");
      // With this it is known that the welcome has arrived.
      next.say('{"ping":7}\n');
      await next.hears('{"pong":7}');
    }
    expect(new Set(secrets).size).toBe(4);
    for (const secret of secrets) expect(Buffer.from(secret, "base64url")).toHaveLength(16);
    expect(verdicts).toEqual(["owner"]);
    // A secret that was used up begins another session, about which middleware decides.
    const late = await Member.connect(place, server, password);
    const other = await late.greet({ name: "late", ...claim(secrets[2] ?? "") });
    expect([other.id, other.recovery?.resumed]).toEqual([id, false]);
    expect(verdicts).toEqual(["owner", "late"]);
  });

  it("holds until the client has said something, so that a welcome that was cut off orphans no session", async () => {
    const { place, server } = await scene();
    const first = await Member.connect(place, server, password);
    const { id, token, recovery } = await first.greet({ name: "owner", recovery: {} });
    const claim = { id, token, recovery: { session: recovery?.session, received: 0 } };
    const given: unknown[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const next = await Member.connect(place, server, password);
      const greeting = await next.greet(claim);
      expect(greeting.recovery).toMatchObject({ resumed: true });
      given.push(greeting.recovery?.session);
      next.destroy();
    }
    // The secrets that were cut off are void: the client does not have them.
    const session = given[1] as string;
    const stray = await Member.connect(place, server, password);
    const greeting = await stray.greet({ ...claim, recovery: { session, received: 0 } });
    expect(greeting.recovery).toMatchObject({ resumed: false });
  });

  it("cannot be guessed, and a guess without it ends no session and takes none up", async () => {
    const { place, server, verdicts } = await scene();
    const owner = await Member.connect(place, server, password);
    const { id } = await owner.greet({ name: "owner", recovery: {} });
    const [remote] = server.sockets;
    for (const session of ["1", "2", "A".repeat(22)]) {
      const thief = await Member.connect(place, server, password);
      const claim = { name: "thief", id, token: "x", recovery: { session, received: 0 } };
      const greeting = await thief.greet(claim);
      expect(greeting.id).not.toBe(id);
      expect(greeting.recovery?.resumed).toBe(false);
    }
    expect(verdicts).toEqual(["owner", "thief", "thief", "thief"]);
    expect([remote?.connected, remote?.data]).toEqual([true, { name: "owner" }]);
    owner.say('{"ping":7}\n');
    await owner.hears('{"pong":7}');
  });
});
