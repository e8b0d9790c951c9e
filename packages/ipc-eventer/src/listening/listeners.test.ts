import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { catchProcessEvents } from "../../test/catch-process-events.ts";
import { hear, hearAll } from "../../test/hear.ts";
import { hostile } from "../../test/hostile.ts";
import { TestPlace } from "../../test/test-place.ts";
import type { IPCServerSocket } from "../index.ts";

function fail(what: string): () => never {
  return () => {
    throw new Error(what);
  };
}

/** The answer of a listener whose promise is rejected. */
function refuse(what: string): unknown {
  return Promise.reject(new Error(what));
}

describe("a socket", () => {
  describe("given listeners", () => {
    it("runs a listener of on every time, one of once once, and none after off", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      const heard: string[] = [];
      const removed = (): void => void heard.push("removed");
      socket
        .on("x", () => heard.push("on"))
        .once("x", () => heard.push("once"))
        .on("x", removed)
        .off("x", removed);
      expect(socket.listenerCount("x")).toBe(2);
      const done = hear(socket, "done");
      remote.emit("x");
      remote.emit("x");
      remote.emit("done");
      await done;
      expect(heard).toEqual(["on", "once", "on"]);
      expect(socket.listenerCount("x")).toBe(1);
    });

    it("delivers the rest of the batch once and in order when one throws, and lets Node report it", async () => {
      const place = new TestPlace();
      const uncaught = catchProcessEvents(place, "uncaughtException");
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      const heard: unknown[] = [];
      remote.on("n", (n: unknown) => {
        heard.push(n);
        if (n === 1 || n === 3) throw new Error(`no ${String(n)}`);
      });
      server.on("n", (n: unknown) => {
        if (n === 2) throw new Error("no 2 on the server");
      });
      const done = hear(remote, "done");
      for (let n = 0; n < 6; n++) socket.emit("n", n);
      socket.emit("done");
      await done;
      await turn();
      expect(heard).toEqual([0, 1, 2, 3, 4, 5]);
      expect(uncaught.map((error) => (error as Error).message).toSorted()).toEqual([
        "no 1",
        "no 2 on the server",
        "no 3",
      ]);
    });

    it("survives listeners of lifecycle events that throw, on both sides", async () => {
      const place = new TestPlace();
      const uncaught = catchProcessEvents(place, "uncaughtException");
      const server = place.server();
      const client = place.client();
      // Node calls no further listener after one that throws: this one comes first.
      const connected = hear(server, "connected");
      server.on("listening", fail("listening"));
      server.on("connect", fail("server connect"));
      server.on("connected", fail("server connected"));
      server.on("disconnect", fail("server disconnect"));
      client.on("connect", fail("client connect"));
      client.on("connected", fail("client connected"));
      client.on("disconnected", fail("client disconnected"));
      await server.start();
      const socket = await client.connect();
      await connected;
      socket.on("disconnect", fail("socket disconnect"));
      const gone = hear(server, "disconnected");
      await client.disconnect();
      await gone;
      await turn();
      expect(uncaught.map((error) => (error as Error).message).toSorted()).toEqual([
        "client connect",
        "client connected",
        "client disconnected",
        "listening",
        "server connect",
        "server connected",
        "server disconnect",
        "socket disconnect",
      ]);
    });

    it("tells error of a listener whose promise is rejected, on the side where it ran", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      remote.on("x", () => refuse("remote"));
      socket.on("x", () => refuse("local"));
      const told = hear(server, "error");
      const toldToo = hear(client, "error");
      socket.emit("x");
      remote.emit("x");
      await expect(told).resolves.toMatchObject({ message: "remote" });
      await expect(toldToo).resolves.toMatchObject({ message: "local" });
      server.on("y", () => refuse("on the server"));
      client.on("y", () => refuse("on the client"));
      const toldAgain = hear(server, "error");
      const toldAgainToo = hear(client, "error");
      socket.emit("y");
      remote.emit("y");
      await expect(toldAgain).resolves.toMatchObject({ message: "on the server" });
      await expect(toldAgainToo).resolves.toMatchObject({ message: "on the client" });
    });

    it("tells it also of one that throws when it is read", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      const thrown = hostile();
      remote.on("x", () => Promise.reject(thrown));
      const told = hearAll(server, "error", 1);
      socket.emit("x");
      expect((await told)[0]?.[0] === thrown).toBe(true);
    });

    it("leaves such a rejection unhandled when error has no listener", async () => {
      const place = new TestPlace();
      const unhandled = catchProcessEvents(place, "unhandledRejection");
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      remote.on("x", () => refuse("remote"));
      client.on("x", () => refuse("local"));
      const done = [hear(remote, "x"), hear(socket, "x")];
      socket.emit("x");
      remote.emit("x");
      await Promise.all(done);
      await turn();
      await turn();
      expect(unhandled.map((error) => (error as Error).message).toSorted()).toEqual([
        "local",
        "remote",
      ]);
    });

    it("does not run in circles when a listener of error itself rejects", async () => {
      const place = new TestPlace();
      const unhandled = catchProcessEvents(place, "unhandledRejection");
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      let [serverTold, clientTold, socketTold] = [0, 0, 0];
      server.on("error", () => ++serverTold < 100 && refuse("server"));
      client.on("error", () => ++clientTold < 100 && refuse("client"));
      remote.on("error", () => ++socketTold < 100 && refuse("socket"));
      const done = [hear(remote, "x"), hear(socket, "x")];
      remote.on("x", () => refuse("first"));
      socket.on("x", () => refuse("second"));
      // Dropped by the server and reported on the socket there.
      const peer = await place.rawPeer(server);
      const connected = hear(server, "connected") as Promise<IPCServerSocket>;
      await peer.open();
      (await connected).on("error", () => ++socketTold < 100 && refuse("socket"));
      socket.emit("x");
      remote.emit("x");
      peer.say('["error",{}]\n');
      await Promise.all(done);
      await turn();
      await turn();
      await turn();
      expect([serverTold, clientTold, socketTold]).toEqual([3, 1, 1]);
      expect(unhandled.map((error) => (error as Error).message).toSorted()).toEqual([
        "client",
        "server",
        "server",
        "server",
      ]);
    });

    it("delivers nothing more after disconnect() within a listener, and what was emitted before arrives", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const heard: unknown[] = [];
      remote.on("n", (n: unknown) => {
        heard.push(n);
        if (n !== 2) return;
        remote.emit("last", "you said 2");
        remote.disconnect("enough");
        remote.emit("late");
      });
      const last = hear(socket, "last");
      const kicked = hear(client, "kicked");
      const lost = hear(server, "lost");
      for (let n = 0; n < 6; n++) socket.emit("n", n);
      await expect(last).resolves.toBe("you said 2");
      await expect(kicked).resolves.toEqual({ reason: "enough" });
      expect(heard).toEqual([0, 1, 2]);
      await expect(lost).resolves.toMatchObject({ unsent: [{ event: "late" }] });
    });

    it("answers from within a listener without end, and stays responsive", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      let rallies = 0;
      const done = new Promise<void>((resolve) => {
        socket.on("ball", () => {
          rallies += 1;
          if (rallies === 2_000) resolve();
          else socket.emit("ball");
        });
      });
      remote.on("ball", () => remote.emit("ball"));
      socket.emit("ball");
      await done;
      expect(rallies).toBe(2_000);
    });
  });
});
