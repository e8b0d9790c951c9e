import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { IPCClient, IPCServer } from "../src/index.ts";
import { carrier } from "./carrier.ts";
import { hear } from "./hear.ts";
import { endpoint, TestPlace } from "./test-place.ts";

describe("a server", () => {
  describe("given an error", () => {
    it("rejects start() with EADDRINUSE while another serves the name, and says what to do", async () => {
      const place = new TestPlace();
      const first = await place.serve();
      const second = place.server();
      await expect(second.start()).rejects.toMatchObject({
        code: "EADDRINUSE",
        message: expect.stringMatching(
          /a server of this process serves it.*choose another name/i,
        ) as string,
      });
      expect([first.listening, second.listening]).toEqual([true, false]);
      const { socket } = await place.pair(first);
      await first.stop();
      await second.start();
      expect([second.listening, socket.connected]).toEqual([true, false]);
    });

    it.each([
      ["", "IPC_ENDPOINT_NAME"],
      ["a\0b", "IPC_ENDPOINT_NAME"],
      [undefined, "IPC_ENDPOINT_NAME"],
      [42, "IPC_ENDPOINT_NAME"],
    ])("rejects start() and connect() for the name %j", async (name, code) => {
      const place = new TestPlace();
      const options = { directory: place.directory };
      await expect(new IPCServer(name as string, options).start()).rejects.toMatchObject({ code });
      await expect(new IPCClient(name as string, options).connect()).rejects.toMatchObject({
        code,
      });
      const stubborn = new IPCClient(name as string, { ...options, reconnect: true });
      await expect(stubborn.connect()).rejects.toMatchObject({ code });
    });

    it("tells a listener of error, and the promise need not be awaited", async () => {
      const place = new TestPlace();
      await place.serve();
      const second = place.server();
      const told = hear(second, "error");
      void second.start();
      await expect(told).resolves.toMatchObject({ code: "EADDRINUSE" });
      const third = place.server({ directory: `${place.directory}/absent/absent` });
      const toldToo = hear(third, "error");
      void third.start();
      await toldToo;
      await expect(second.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
    });

    it("may be started again from within the listener of error", async () => {
      const place = new TestPlace();
      const first = await place.serve();
      const second = place.server();
      const listening = hear(second, "listening");
      second.on("error", () => void first.stop().then(() => second.start()));
      void second.start();
      await listening;
      expect(second.listening).toBe(true);
    });

    it("tells a listener of error also for a start that had to wait for a stop", async () => {
      const place = new TestPlace();
      let fails = false;
      const server = await place.serve({
        transport: carrier((sockets) => ({
          listen: (...wishes) =>
            fails ? Promise.reject(new Error("no more")) : sockets.listen(...wishes),
        })),
      });
      fails = true;
      const told = hear(server, "error");
      void server.stop();
      void server.start();
      await expect(told).resolves.toMatchObject({ message: "no more" });
      await turn();
      expect(server.listening).toBe(false);
    });

    it("publishes it on the diagnostics channel, though error has no listener", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const published: unknown[] = [];
      const observe = (message: unknown): void => {
        published.push(message);
        server.emit("published");
      };
      subscribe("ipc-eventer:error", observe);
      place.finally(() => void unsubscribe("ipc-eventer:error", observe));
      const peer = await place.rawPeer(server);
      const seen = hear(server, "published");
      peer.say("GET / HTTP/1.1\r\n");
      await seen;
      expect(published).toMatchObject([
        { endpoint, role: "server", error: { code: "IPC_NOT_IPC", blame: "peer" } },
      ]);
    });

    it("reports a listener that fails after it had started, and goes on", async () => {
      const place = new TestPlace();
      let fail: ((error: Error) => void) | undefined;
      const server = await place.serve({
        transport: carrier((sockets) => ({
          listen: (name, acceptor, wishes) => {
            fail = (error) => acceptor.handleError(error);
            return sockets.listen(name, acceptor, wishes);
          },
        })),
      });
      fail?.(new Error("unheard"));
      const told = hear(server, "error");
      fail?.(new Error("EMFILE"));
      await expect(told).resolves.toMatchObject({ message: "EMFILE" });
      await place.pair(server);
    });
  });
});
