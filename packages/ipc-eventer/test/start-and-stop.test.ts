import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { IPCServer } from "../src/index.ts";
import { carrier } from "./carrier.ts";
import { hear, hearAll } from "./hear.ts";
import { hello, preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

describe("a server that waits for the name of another one", () => {
  it("gives up without an error when it is stopped, though nobody awaits it", async () => {
    const place = new TestPlace();
    await place.serve();
    const server = place.server();
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    const started = server.start({ timeout: 60_000 });
    await server.stop();
    await expect(started).rejects.toMatchObject({ code: "IPC_CLOSED" });
    expect([errors, server.listening]).toEqual([[], false]);
    await expect(server.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("a server whose name cannot be given back", () => {
  it.each(["stop", "handOver"] as const)(
    "takes leave of everybody all the same: %s",
    async (call) => {
      const place = new TestPlace();
      const failure = new Error("the name is stuck");
      let isStuck = true;
      const transport = carrier((sockets) => ({
        listen: async (...values) => {
          const listener = await sockets.listen(...values);
          const close = listener.close.bind(listener);
          listener.close = async () => {
            await close();
            if (isStuck) throw failure;
          };
          return listener;
        },
      }));
      const server = await place.serve({ transport });
      const { client } = await place.pair(server);
      const gone = hear(client, "disconnected");
      await expect(server[call]()).rejects.toBe(failure);
      await gone;
      isStuck = false;
      await server.start();
      expect(server.listening).toBe(true);
    },
  );
});

describe("a server", () => {
  describe("given start and stop are called twice, crossed or during another", () => {
    it("starts once and stops once", async () => {
      const server = new TestPlace().server();
      const heard: unknown[] = [];
      server.on("listening", () => heard.push("listening"));
      await Promise.all([server.start(), server.start()]);
      await server.start();
      await Promise.all([server.stop(), server.stop()]);
      await server.stop();
      expect([heard, server.listening]).toEqual([["listening"], false]);
    });

    it.each([
      ["start, stop", false],
      ["start, stop, start", true],
      ["start, stop, start, stop", false],
      ["start, start, stop, stop", false],
      ["stop, start", true],
      ["stop, start, stop", false],
    ])("ends as the last call says: %s", async (calls, listening) => {
      const server = new TestPlace().server();
      const steps = calls
        .split(", ")
        .map((call) => (call === "start" ? server.start() : server.stop()));
      await Promise.all(steps);
      expect(server.listening).toBe(listening);
    });

    it.each([
      ["stop, start", true],
      ["stop, start, stop", false],
      ["stop, start, stop, start", true],
    ])("ends as the last call says while it listens: %s", async (calls, listening) => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client } = await place.pair(server);
      const lost = hear(client, "disconnected");
      const steps = calls
        .split(", ")
        .map((call) => (call === "start" ? server.start() : server.stop()));
      await Promise.all(steps);
      await lost;
      expect(server.listening).toBe(listening);
    });

    it("lets each call have its turn, also when one comes from within listening", async () => {
      const place = new TestPlace();
      const server = place.server();
      let last: Promise<void> | undefined;
      server.once("listening", () => {
        last = server.stop();
      });
      // The stop from within comes when the second start still waits for its turn.
      await Promise.all([server.start(), server.stop(), server.start()]);
      await last;
      expect([server.listening, server.address]).toEqual([false, undefined]);
      await expect(place.client().connect()).rejects.toMatchObject({ code: "ENOENT" });
      await server.start();
      await place.pair(server);
    });

    it("stops from within listening and from within connected", async () => {
      const place = new TestPlace();
      const server = place.server();
      server.once("listening", () => void server.stop());
      await server.start();
      await server.stop();
      await server.start();
      const stopped = new Promise((resolve) => {
        server.on("connected", () => resolve(server.stop()));
      });
      const client = place.client();
      const over = hear(client, "disconnect");
      await client.connect();
      await expect(over).resolves.toMatchObject({ reason: "server-closing" });
      await stopped;
    });
  });

  describe("given it stops", () => {
    it("sends what was emitted, tells the clients that it is closing, and forgets them", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const last = hear(socket, "last");
      const over = hear(client, "disconnect");
      remote.emit("last", "x".repeat(219_263));
      await server.stop();
      await expect(last).resolves.toHaveLength(219_263);
      await expect(over).resolves.toMatchObject({ reason: "server-closing", byPeer: true });
      expect([server.sockets, remote.connected, server.address]).toEqual([[], false, undefined]);
      expect(remote.emit("late")).toBe(false);
      server.broadcastAll("late");
    });

    it("waits for a peer that does not end only until the close timeout", async () => {
      const place = new TestPlace();
      const server = await place.serve({ closeTimeout: 200, handshakeTimeout: 20_000 });
      const stranger = await place.stranger(server);
      // It neither ends its side nor reads.
      stranger.socket.pause();
      stranger.socket.allowHalfOpen = true;
      stranger.say(preface + hello);
      await hear(server, "connected");
      const began = performance.now();
      await server.stop();
      const took = performance.now() - began;
      expect(took).toBeGreaterThan(190);
      expect(took).toBeLessThan(5_000);
    });

    it("sends away who connects while it is stopping", async () => {
      const place = new TestPlace();
      let close: (() => void) | undefined;
      const mayClose = new Promise<void>((resolve) => {
        close = resolve;
      });
      const server = await place.serve({
        handshakeTimeout: 20_000,
        transport: carrier((sockets) => ({
          listen: async (...wishes) => {
            const listener = await sockets.listen(...wishes);
            return {
              address: listener.address,
              ref: () => listener.ref(),
              unref: () => listener.unref(),
              close: async () => {
                await mayClose;
                await listener.close();
              },
            };
          },
        })),
      });
      const { address = "" } = server;
      const stopped = server.stop();
      const late = await place.stranger({ address } as IPCServer);
      const began = performance.now();
      await late.closed;
      close?.();
      await stopped;
      expect(performance.now() - began).toBeLessThan(5_000);
    });
  });

  it("keeps who connects before start() has settled, and welcomes it then", async () => {
    const place = new TestPlace();
    let report: (() => void) | undefined;
    const mayReport = new Promise<void>((resolve) => {
      report = resolve;
    });
    const server = place.server({
      transport: carrier((sockets) => ({
        listen: async (...wishes) => {
          const listener = await sockets.listen(...wishes);
          await mayReport;
          return listener;
        },
      })),
    });
    const heard: string[] = [];
    server.on("listening", () => heard.push("listening"));
    server.on("connected", () => heard.push("connected"));
    const started = server.start();
    const early = place.client();
    // Early clients need no reconnect: they are kept waiting, not refused.
    const connected = (async () => {
      for (;;) {
        try {
          return await early.connect();
        } catch (error) {
          if ((error as { code?: unknown }).code !== "ENOENT") throw error;
          await turn();
        }
      }
    })();
    const arrived = new Promise((resolve) => setTimeout(resolve, 100));
    await arrived;
    report?.();
    await started;
    await connected;
    expect(heard).toEqual(["listening", "connected"]);
  });

  it("can be stopped and started again with the same clients' ids kept", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket } = await place.pair(server, { reconnect: true, reconnectInterval: 10 });
    const back = hearAll(client, "connected", 2);
    for (let round = 0; round < 2; round++) {
      const again = hear(client, "connected");
      await server.stop();
      await server.start();
      await again;
    }
    const sockets = (await back).map(([anew]) => anew as { id: string });
    expect(sockets.map(({ id }) => id)).toEqual([socket.id, socket.id]);
  });
});
