import { describe, expect, it } from "vitest";
import { hear, hearAll } from "../test/hear.ts";
import { endpoint, TestPlace } from "../test/test-place.ts";
import { IPCServerSocket } from "./index.ts";

describe("IPCServer", () => {
  it("tells its name as given when it listens, and can be connected to from then on", async () => {
    const place = new TestPlace();
    const server = place.server();
    expect([server.listening, server.address]).toEqual([false, undefined]);
    const listening = hear(server, "listening");
    await server.start();
    await expect(listening).resolves.toBe(endpoint);
    expect([server.name, server.listening]).toEqual([endpoint, true]);
    expect(server.address).toBe(`${place.directory}/${endpoint}.sock`);
  });

  it("tells of each client: connect, then connected with its id and name", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const heard: unknown[] = [];
    server.on("connect", (socket: unknown) => heard.push(["connect", socket]));
    server.on("connected", (socket: unknown, meta: unknown) =>
      heard.push(["connected", socket, meta]),
    );
    const { remote } = await place.pair(server, { name: "Ada", version: "7.1" });
    expect(remote).toBeInstanceOf(IPCServerSocket);
    expect([remote.name, remote.connected]).toEqual(["Ada", true]);
    expect(server.sockets).toEqual([remote]);
    expect(heard).toEqual([
      ["connect", remote],
      ["connected", remote, { id: remote.id, name: "Ada", pid: process.pid, version: "7.1" }],
    ]);
  });

  it("tells of each client that goes: disconnect, then disconnected, with the reason", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, remote } = await place.pair(server);
    const gone = hearAll(server, "disconnected", 1);
    const left = hearAll(server, "disconnect", 1);
    const alone = hear(remote, "disconnect");
    await client.disconnect("bye now");
    const end = { reason: "requested", message: "bye now", byPeer: true };
    await expect(gone).resolves.toEqual([[remote, end]]);
    await expect(left).resolves.toEqual([[remote, end]]);
    await expect(alone).resolves.toEqual(end);
    expect([remote.connected, server.sockets]).toEqual([false, []]);
  });

  it("surfaces every event of a client as (data, socket)", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    const heard = hearAll(server, "note", 2);
    socket.emit("note", { text: "hi" });
    socket.emit("note");
    await expect(heard).resolves.toEqual([
      [{ text: "hi" }, remote],
      [undefined, remote],
    ]);
  });

  describe("given several clients", () => {
    it("broadcasts to all, to all but one, and encodes once however many receive it", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const pairs = await Promise.all(Array.from({ length: 5 }, () => place.client().connect()));
      const [first, ...others] = pairs;
      let encoded = 0;
      const counted = {
        toJSON: () => {
          encoded += 1;
          return "news";
        },
      };
      const toAll = pairs.map((socket) => hear(socket, "all"));
      server.broadcastAll("all", counted);
      await expect(Promise.all(toAll)).resolves.toEqual(pairs.map(() => "news"));
      expect(encoded).toBe(1);

      const sender = server.sockets.find(({ id }) => id === first?.id)!;
      const heardByFirst: unknown[] = [];
      first?.on("others", (data: unknown) => heardByFirst.push(data));
      const toOthers = others.map((socket) => hearAll(socket, "others", 2));
      server.broadcastExcept(sender, "others", counted);
      sender.broadcast("others", counted);
      await Promise.all(toOthers);
      const after = hear(first!, "after");
      sender.emit("after");
      await after;
      expect([encoded, heardByFirst]).toEqual([3, []]);
    });

    it("throws a mistake in a broadcast at the caller, and sends nothing", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket } = await place.pair(server);
      const heard: unknown[] = [];
      socket.on("after", (data: unknown) => heard.push(data));
      expect(() => server.broadcastAll("error")).toThrow(/lifecycle event/);
      const circle: { self?: unknown } = {};
      circle.self = circle;
      expect(() => server.broadcastAll("x", circle)).toThrow(
        expect.objectContaining({ blame: "caller" }) as Error,
      );
      server.broadcastAll("after", 1);
      await expect(hear(socket, "after")).resolves.toBe(1);
    });

    it("throws a mistake in a broadcast also while no client is connected", () => {
      const server = new TestPlace().server();
      expect(() => server.broadcastAll("kicked")).toThrow(/lifecycle event/);
      server.broadcastAll("fine", 1);
    });
  });

  describe("given a client to be sent away", () => {
    it("kicks it: the client hears kicked with the reason and does not come back by itself", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server, { reconnect: true });
      const kicked = hear(client, "kicked");
      const over = hear(client, "disconnect");
      const gone = hear(server, "disconnected");
      expect(server.disconnectClient(remote.id, "too loud")).toBe(true);
      await expect(kicked).resolves.toEqual({ reason: "too loud" });
      await expect(over).resolves.toMatchObject({ reason: "kicked", byPeer: true });
      await gone;
      expect([client.connected, socket.connected]).toEqual([false, false]);
      expect(server.disconnectClient(remote.id)).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect([client.connected, server.sockets]).toEqual([false, []]);

      const again = await client.connect();
      expect(again.id).toBe(socket.id);
    });

    it("gives a reason of its own when none is given", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, remote } = await place.pair(server);
      const kicked = hear(client, "kicked");
      remote.disconnect();
      await expect(kicked).resolves.toEqual({ reason: "kicked" });
    });

    it("answers false for an id that no client has", async () => {
      const server = await new TestPlace().serve();
      expect(server.disconnectClient("nobody")).toBe(false);
      expect(server.disconnectClient("__proto__")).toBe(false);
    });

    it("can kick it from within connected, before it has said anything", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      server.on("connected", (socket: IPCServerSocket) => {
        socket.emit("last words", "no entry");
        socket.disconnect("not today");
      });
      const client = place.client({ reconnect: true });
      const words = hear(client, "last words");
      const kicked = hear(client, "kicked");
      await client.connect();
      await expect(words).resolves.toBe("no entry");
      await expect(kicked).resolves.toEqual({ reason: "not today" });
    });
  });

  it("can let the process end, and hold it again", async () => {
    const server = await new TestPlace().serve();
    expect(server.unref()).toBe(server);
    expect(server.ref()).toBe(server);
    await server.stop();
    server.unref();
    await server.start();
    server.ref();
  });

  it("stops at the end of `await using`", async () => {
    const server = await new TestPlace().serve();
    await server[Symbol.asyncDispose]();
    expect(server.listening).toBe(false);
  });
});
