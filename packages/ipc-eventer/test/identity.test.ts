import { describe, expect, it } from "vitest";
import { hear, hearAll } from "./hear.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

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
      const first = await place.stranger(server);
      await first.open();
      const { welcome: mine } = JSON.parse(first.text.split("\n")[1] ?? "") as {
        welcome: { id: string; token: string };
      };
      const [remote] = server.sockets;
      const gone = hearAll(server, "disconnected", 1);
      const again = await place.stranger(server);
      again.say(`{"ipc":1,"role":"client","mode":"plain"}\n${JSON.stringify({ hello: mine })}\n`);
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

    it("connects nobody to a server that is stopped while the former connection is replaced", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const first = await place.stranger(server);
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
      const again = await place.stranger(server);
      again.say(`{"ipc":1,"role":"client","mode":"plain"}\n${JSON.stringify({ hello: mine })}\n`);
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

    it("gives a fresh id to who claims one without its token, and leaves its owner alone", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      const epoch = "AAAAAAAA";
      for (const token of [undefined, "", "x", `${epoch}.${"A".repeat(43)}`, "é".repeat(256)]) {
        const thief = await place.stranger(server);
        const claim = JSON.stringify({ hello: { name: "thief", id: socket.id, token } });
        thief.say(`{"ipc":1,"role":"client","mode":"plain"}\n${claim}\n`);
        await thief.hears('"welcome"');
        expect(thief.text).not.toContain(socket.id);
      }
      const heard = hear(remote, "still");
      socket.emit("still", "here");
      await expect(heard).resolves.toBe("here");
      expect(server.sockets).toHaveLength(6);
    });

    it("keeps the id over a restart of the server, unless somebody has it by then", async () => {
      const place = new TestPlace();
      const first = await place.serve();
      const { client, socket } = await place.pair(first);
      await first.stop();
      const second = await place.serve();
      expect((await client.connect()).id).toBe(socket.id);
      expect(second.sockets.map(({ id }) => id)).toEqual([socket.id]);
    });
  });
});
