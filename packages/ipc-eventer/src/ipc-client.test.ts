import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hear, hearAll } from "../test/hear.ts";
import type { RawPeer } from "../test/raw-peer.ts";
import { serveRaw, welcome } from "../test/serve-raw.ts";
import { endpoint, TestPlace } from "../test/test-place.ts";
import { IPCClient, type IPCServerSocket, IPCSocket } from "./index.ts";

describe("IPCClient", () => {
  it("tells of each session: connect, then connected; disconnect, then disconnected", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const client = place.client({ name: "Ada" });
    const heard: unknown[][] = [];
    for (const event of ["connect", "connected", "disconnect", "disconnected", "kicked", "error"]) {
      client.on(event, (...values: unknown[]) => heard.push([event, ...values]));
    }
    expect([client.name, client.endpoint, client.connected, client.socket]).toEqual([
      "Ada",
      endpoint,
      false,
      undefined,
    ]);
    const socket = await client.connect();
    expect(socket).toBeInstanceOf(IPCSocket);
    expect([client.connected, client.socket]).toEqual([true, socket]);
    await client.disconnect();
    expect([client.connected, client.socket, server.listening]).toEqual([false, undefined, true]);
    const end = { reason: "requested", byPeer: false };
    expect(heard).toEqual([
      ["connect", { recovered: false }],
      ["connected", socket, { id: socket.id, name: "Ada" }],
      ["disconnect", end],
      ["disconnected", socket, end],
    ]);
  });

  it("is called client-<pid> unless it has a name", () => {
    expect(new IPCClient("x").name).toBe(`client-${process.pid}`);
  });

  it("surfaces every event of the server as (data, socket)", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket } = await place.pair(server);
    const heard = hearAll(client, "news", 2);
    server.broadcastAll("news", [1]);
    server.broadcastAll("news");
    await expect(heard).resolves.toEqual([
      [[1], socket],
      [undefined, socket],
    ]);
  });

  describe("given connect and disconnect are called twice, crossed or during another", () => {
    it("joins calls of connect, and answers at once while connected", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const client = place.client();
      const connected: unknown[] = [];
      server.on("connected", (socket: unknown) => connected.push(socket));
      const [first, second] = await Promise.all([client.connect(), client.connect()]);
      await expect(client.connect()).resolves.toBe(first);
      expect(second).toBe(first);
      await Promise.all([client.disconnect(), client.disconnect()]);
      await client.disconnect();
      expect(connected).toHaveLength(1);
    });

    it("rejects a pending connect with IPC_CLOSED, whether it dials or opens", async () => {
      const place = new TestPlace();
      const asked = new Promise<RawPeer>((resolve) => void serveRaw(place, resolve));
      const client = place.client();
      for (const wait of [turn, () => asked]) {
        const pending = client.connect();
        await wait();
        const disconnected = client.disconnect();
        await expect(pending).rejects.toMatchObject({
          code: "IPC_CLOSED",
          message: expect.stringMatching(/disconnect\(\) was called/) as string,
        });
        await disconnected;
      }
      expect(client.connected).toBe(false);
    });

    it("connects anew when connect is called while it takes its leave", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket } = await place.pair(server);
      const left = client.disconnect();
      const anew = await client.connect();
      await left;
      expect(anew).not.toBe(socket);
      expect([anew.id, anew.connected, socket.connected]).toEqual([socket.id, true, false]);
    });

    it("ends as the last call says", async () => {
      const place = new TestPlace();
      await place.serve();
      const client = place.client();
      for (const stay of [true, false, true]) {
        const calls: Promise<unknown>[] = [];
        for (const step of ["disconnect", "connect", "disconnect", ...(stay ? ["connect"] : [])]) {
          calls.push(step === "connect" ? client.connect() : client.disconnect());
        }
        await Promise.allSettled(calls);
        expect(client.connected).toBe(stay);
      }
    });

    it("disconnects and connects from within its own events", async () => {
      const place = new TestPlace();
      await place.serve();
      const client = place.client();
      client.once("connected", () => void client.disconnect());
      const anew = new Promise<IPCSocket>((resolve) => {
        client.once("disconnect", () => resolve(client.connect()));
      });
      await client.connect();
      expect((await anew).connected).toBe(true);
    });

    it("does not end the present session by a socket of a former one", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket } = await place.pair(server);
      await client.disconnect();
      const anew = await client.connect();
      socket.disconnect("stale");
      expect(socket.emit("x")).toBe(false);
      const answered = hear(anew, "user-pong");
      anew.userPing();
      await answered;
      expect(client.connected).toBe(true);
      const gone = hear(server, "disconnected");
      anew.disconnect("fresh");
      await gone;
    });
  });

  it("gives a server up that falls silent, and says how long it waited", async () => {
    const place = new TestPlace();
    await serveRaw(place, (peer) => {
      peer.say(welcome);
    });
    const client = place.client({ heartbeatInterval: 50, heartbeatTimeout: 50 });
    const over = hear(client, "disconnect");
    await client.connect();
    await expect(over).resolves.toMatchObject({
      reason: "timed-out",
      error: {
        code: "IPC_HEARTBEAT_TIMEOUT",
        message: expect.stringMatching(/Waited \d+ ms for a sign of life.*event loop/) as string,
      },
    });
  });

  it("can let the process end, and hold it again, in every phase", async () => {
    const place = new TestPlace();
    const client = place.client({ reconnect: true, reconnectInterval: 20 });
    expect(client.unref()).toBe(client);
    const away = hear(client, "error");
    const pending = client.connect();
    await away;
    client.ref().unref();
    await place.serve();
    await pending;
    expect(client.ref()).toBe(client);
    await client[Symbol.asyncDispose]();
    client.unref();
  });

  it("tells a server its own name and version, which the server tells of it", async () => {
    const place = new TestPlace();
    const server = await place.serve({ version: "2.0" });
    const connected = hearAll(server, "connected", 1);
    const client = place.client({ name: "Zoë 🚀", version: "1.0" });
    await client.connect();
    const [[socket, meta] = []] = await connected;
    expect((socket as IPCServerSocket).name).toBe("Zoë 🚀");
    expect(meta).toMatchObject({ name: "Zoë 🚀", version: "1.0", pid: process.pid });
  });
});
