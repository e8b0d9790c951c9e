import { describe, expect, it } from "vitest";
import type { IPCSocket } from "../src/index.ts";
import { carrier } from "./carrier.ts";
import { hear, hearAll } from "./hear.ts";
import type { RawPeer } from "./raw-peer.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

describe("a client", () => {
  describe("given reconnect", () => {
    it("pends until the server is there, telling ENOENT meanwhile, and comes back when it was away", async () => {
      const place = new TestPlace();
      const client = place.client({ reconnect: true, reconnectInterval: 20 });
      const away = hearAll(client, "error", 2);
      const pending = client.connect();
      await expect(away).resolves.toMatchObject([[{ code: "ENOENT" }], [{ code: "ENOENT" }]]);
      const server = await place.serve();
      const socket = await pending;
      const awayAgain = hear(client, "error");
      const lost = hear(client, "disconnect");
      await server.stop();
      await expect(lost).resolves.toMatchObject({ reason: "server-closing" });
      await expect(awayAgain).resolves.toMatchObject({ code: "ENOENT" });
      const back = hear(client, "connected");
      await server.start();
      const anew = (await back) as IPCSocket;
      expect(anew).not.toBe(socket);
      expect([anew.id, anew.name, socket.connected]).toEqual([socket.id, socket.name, false]);
    });

    it("comes back at once after a connection is lost", async () => {
      const place = new TestPlace();
      let cut: (() => void) | undefined;
      const server = await place.serve({
        transport: carrier((sockets) => ({
          listen: (name, acceptor, options) =>
            sockets.listen(
              name,
              {
                handleConnection: (connection) => {
                  cut = () => connection.abort();
                  acceptor.handleConnection(connection);
                },
                handleError: (error) => acceptor.handleError(error),
              },
              options,
            ),
        })),
      });
      const { client, socket } = await place.pair(server, {
        reconnect: true,
        reconnectInterval: 60_000,
      });
      const lost = hear(client, "disconnect");
      const back = hear(client, "connect");
      const began = performance.now();
      cut?.();
      await expect(lost).resolves.toMatchObject({
        reason: "peer-gone",
        error: { code: "IPC_PEER_GONE" },
      });
      expect(await back).toEqual({ recovered: true });
      expect([client.socket, socket.connected]).toEqual([socket, true]);
      expect(performance.now() - began).toBeLessThan(5_000);
    });

    it("waits longer and longer for a server that welcomes and hangs up", async () => {
      const place = new TestPlace();
      let sessions = 0;
      await serveRaw(place, (peer) => {
        sessions += 1;
        peer.say(welcome);
        setImmediate(() => peer.socket.end());
      });
      const client = place.client({ reconnect: true, reconnectInterval: 60_000 });
      const twice = hearAll(client, "disconnect", 2);
      client.on("error", () => undefined);
      await client.connect();
      await twice;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(sessions).toBe(2);
    });

    it("dials at once when connect() is called while it waits", async () => {
      const place = new TestPlace();
      const client = place.client({ reconnect: true, reconnectInterval: 60_000 });
      const away = hear(client, "error");
      const pending = client.connect();
      await away;
      await place.serve();
      const socket = await client.connect();
      await expect(pending).resolves.toBe(socket);
    });

    it("stops when disconnect() is called while it waits", async () => {
      const place = new TestPlace();
      const client = place.client({ reconnect: true, reconnectInterval: 20 });
      const away = hear(client, "error");
      const pending = client.connect();
      await away;
      const errors: unknown[] = [];
      client.on("error", (error: unknown) => errors.push(error));
      await client.disconnect();
      await expect(pending).rejects.toMatchObject({ code: "IPC_CLOSED" });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(errors).toEqual([]);
    });

    it.each(["disconnect", "disconnected", "error"])(
      "stops when disconnect() is called from within a listener of %s",
      async (event) => {
        const place = new TestPlace();
        const server = await place.serve();
        const { client } = await place.pair(server, { reconnect: true, reconnectInterval: 10 });
        const heard: string[] = [];
        client.on("connected", () => heard.push("connected"));
        client.on("error", () => heard.push("error"));
        const left = new Promise((resolve) => {
          client.once(event, () => resolve(client.disconnect()));
        });
        await server.stop();
        await left;
        const before = heard.length;
        await server.start();
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect([heard.slice(before), client.connected]).toEqual([[], false]);
      },
    );

    it("tries a full backlog again soon", async () => {
      const place = new TestPlace();
      await place.serve();
      let refusals = 2;
      const client = place.client({
        reconnect: true,
        reconnectInterval: 60_000,
        transport: carrier((sockets) => ({
          dial: (name, options) => {
            if (refusals-- > 0)
              return Promise.reject(Object.assign(new Error("busy"), { code: "EAGAIN" }));
            return sockets.dial(name, options);
          },
        })),
      });
      expect((await client.connect()).connected).toBe(true);
    });

    it("gives up at once what time does not mend, unless it was connected before", async () => {
      const place = new TestPlace();
      let lines = '{"ipc":[9],"role":"server","mode":"plain"}\n';
      const peers: RawPeer[] = [];
      await serveRaw(place, (peer) => {
        peers.push(peer);
        peer.say(lines);
      });
      const client = place.client({
        reconnect: true,
        reconnectMaxInterval: 60,
        reconnectInterval: 60,
      });
      await expect(client.connect()).rejects.toMatchObject({ code: "IPC_VERSION_MISMATCH" });
      lines = welcome;
      await client.connect();
      // A wrong server for a moment must not silence it for ever.
      lines = '{"ipc":[9],"role":"server","mode":"plain"}\n';
      const mismatches = hearAll(client, "error", 3);
      peers.at(-1)?.destroy();
      await expect(mismatches).resolves.toMatchObject([
        [{ code: "IPC_PEER_GONE" }],
        [{ code: "IPC_VERSION_MISMATCH" }],
        [{ code: "IPC_VERSION_MISMATCH" }],
      ]);
      const back = hear(client, "connected");
      lines = welcome;
      await back;
    });
  });
});
