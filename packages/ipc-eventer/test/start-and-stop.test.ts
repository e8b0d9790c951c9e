import { setImmediate as turn } from "node:timers/promises";
import type { Connection } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import { carrier } from "./carrier.ts";
import { hear, hearAll } from "./hear.ts";
import { Latch } from "./latch.ts";
import { TestPlace } from "./test-place.ts";
import { WrittenConnection } from "./written-connection.ts";

describe("a server that waits for the name of another one", () => {
  it("gives up without an error when it is stopped, though nothing awaits it", async () => {
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

  it("keeps connections that come before start() has settled, and accepts them then", async () => {
    const place = new TestPlace();
    const [arrived, mayReport] = [new Latch(), new Latch()];
    const server = place.server({
      transport: carrier((sockets) => ({
        listen: async (name, acceptor, options) => {
          const handleConnection = (connection: Connection): void => {
            acceptor.handleConnection(connection);
            arrived.open();
          };
          const listener = await sockets.listen(name, { ...acceptor, handleConnection }, options);
          await mayReport.opened;
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
    await arrived.opened;
    mayReport.open();
    await started;
    await connected;
    expect(heard).toEqual(["listening", "connected"]);
  });

  it("keeps no more of them than it keeps of connections that are not accepted yet", async () => {
    let ended = 0;
    class Early extends WrittenConnection {
      override abort(): void {
        ended++;
      }
    }
    const server = new TestPlace().server({
      transport: carrier((sockets) => ({
        listen: async (name, acceptor, options) => {
          const listener = await sockets.listen(name, acceptor, options);
          for (let count = 0; count < 1_030; count++) acceptor.handleConnection(new Early());
          return listener;
        },
      })),
    });
    const listening = hear(server, "listening").then(() => ended);
    await server.start();
    expect(await listening).toBe(6);
  });

  it("gives ids that end with the process if what its carrier has as secret is none", async () => {
    const place = new TestPlace();
    const server = place.server({
      transport: carrier((sockets) => ({
        listen: async (...wishes) => {
          const listener = await sockets.listen(...wishes);
          return Object.assign(listener, { secret: async () => 5 as never });
        },
      })),
    });
    const told = hear(server, "error");
    await server.start();
    expect(await told).toBeInstanceOf(TypeError);
    await place.pair(server);
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
