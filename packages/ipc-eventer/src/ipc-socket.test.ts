import { describe, expect, it } from "vitest";
import { hear, hearAll } from "../test/hear.ts";
import { preface } from "../test/raw-peer.ts";
import { TestPlace } from "../test/test-place.ts";
import type { IPCServer, IPCServerSocket } from "./index.ts";

describe("IPCSocket", () => {
  it("has the same id and name on both sides", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server, { name: "Ada" });
    expect([socket.id, socket.name]).toEqual([remote.id, "Ada"]);
    expect(remote.name).toBe("Ada");
  });

  it("carries values both ways: JSON, binary at any depth, and nothing at all", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    remote.on("echo", (data: unknown) => remote.emit("echo", data));
    const values: unknown[] = [
      undefined,
      null,
      0,
      "",
      "naïve \u2028 \ud83d\udc4b\n",
      [[], {}],
      { deep: { list: [Buffer.from([1, 2, 3]), new Float64Array([1.5])] } },
      Buffer.alloc(70_000, 7),
      JSON.parse('{"__proto__":{"polluted":true}}'),
    ];
    const heard = hearAll(socket, "echo", values.length);
    for (const value of values) socket.emit("echo", value);
    expect((await heard).map(([value]) => value)).toEqual(values);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  describe("given an event that cannot go", () => {
    it("throws what is the caller's own mistake, and the session goes on", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server, { maxMessageBytes: 20_000 });
      const circle: { self?: unknown } = {};
      circle.self = circle;
      let deep: unknown[] = [];
      for (let level = 0; level < 200; level++) deep = [deep];
      for (const [data, code] of [
        [circle, "IPC_NOT_ENCODABLE"],
        [1n, "IPC_NOT_ENCODABLE"],
        [deep, "IPC_TOO_DEEP"],
        ["x".repeat(20_000), "IPC_MESSAGE_TOO_LARGE"],
        [Array.from({ length: 65 }, () => Buffer.alloc(1)), "IPC_TOO_MANY_ATTACHMENTS"],
      ] as const) {
        expect(() => socket.emit("x", data)).toThrow(expect.objectContaining({ code }) as Error);
      }
      expect(() => socket.emit(5 as unknown as string)).toThrow(/string/);
      const heard = hear(remote, "after");
      socket.emit("after", "fine");
      await expect(heard).resolves.toBe("fine");
    });

    it("answers false and reports it on that socket when the peer's limit forbids it", async () => {
      const place = new TestPlace();
      const server = await place.serve({ maxMessageBytes: 20_000, maxAttachments: 1 });
      const { client, socket, remote } = await place.pair(server);
      const reported = hear(socket, "error");
      const surfaced = hear(client, "error");
      expect(socket.emit("x", "x".repeat(20_000))).toBe(false);
      await expect(reported).resolves.toMatchObject({
        code: "IPC_MESSAGE_TOO_LARGE",
        blame: "caller",
        message: expect.stringMatching(/the peer accepts 20000: it was not sent/) as string,
      });
      await surfaced;
      const again = hear(client, "error");
      expect(socket.emit("x", [Buffer.alloc(1), Buffer.alloc(1)])).toBe(false);
      await expect(again).resolves.toMatchObject({ code: "IPC_TOO_MANY_ATTACHMENTS" });
      // A line of exactly the limit goes: ["after",""] is 12 bytes around its text.
      const heard = hear(remote, "after");
      expect(socket.emit("after", "x".repeat(20_000 - 12))).toBe(true);
      await expect(heard).resolves.toHaveLength(20_000 - 12);
      expect(socket.emit("after", "x".repeat(20_000 - 11))).toBe(false);
    });

    it("broadcasts to those whose limits allow it, and reports the others", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const small = await place.pair(server, { maxMessageBytes: 20_000 });
      const large = await place.pair(server);
      const told = hearAll(server, "error", 1);
      const heard = hear(large.socket, "x");
      server.broadcastAll("x", "x".repeat(20_000));
      await expect(heard).resolves.toHaveLength(20_000);
      await expect(told).resolves.toMatchObject([
        [{ code: "IPC_MESSAGE_TOO_LARGE" }, small.remote],
      ]);
    });

    it("answers false on a socket that is closed, and says so by connected", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const gone = hear(server, "disconnected");
      await client.disconnect();
      await gone;
      for (const end of [socket, remote]) {
        expect(end.connected).toBe(false);
        expect([end.emit("x"), end.emit("x", Buffer.alloc(9)), end.userPing()]).toEqual([
          false,
          false,
          false,
        ]);
        end.disconnect();
      }
      remote.broadcast("x");
    });
  });

  it("hears drain after emit answered false", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server, { highWaterMark: 1_000 });
    const drained = hear(socket, "drain");
    const surfaced: unknown[] = [];
    client.on("drain", () => surfaced.push("client"));
    expect(socket.emit("x", "x".repeat(500))).toBe(true);
    expect(socket.emit("x", "x".repeat(500))).toBe(false);
    const heard = hearAll(remote, "x", 2);
    await drained;
    await heard;
    expect(surfaced).toEqual([]);
  });

  it("pings for people: the answer surfaces on the socket and on its owner, on both sides", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    for (const [end, owner] of [
      [socket, client],
      [remote, server],
    ] as const) {
      const before = Date.now();
      const pong = hear(end, "user-pong");
      const surfaced = hearAll(owner, "user-pong", 1);
      expect(end.userPing()).toBe(true);
      const { time } = (await pong) as { time: number };
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
      await expect(surfaced).resolves.toEqual([[{ time }, end]]);
    }
  });

  it("takes 1,024 pings on their way, and no more", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket } = await place.pair(server);
    const answered = hearAll(socket, "user-pong", 1_024);
    for (let ping = 0; ping < 1_024; ping++) expect(socket.userPing()).toBe(true);
    expect(socket.userPing()).toBe(false);
    await answered;
    expect(socket.userPing()).toBe(true);
  });

  it("takes a client without a name for anonymous", async () => {
    const place = new TestPlace();
    const server: IPCServer = await place.serve();
    const connected = hear(server, "connected") as Promise<IPCServerSocket>;
    const peer = await place.rawPeer(server);
    peer.say(`${preface}{"hello":{}}\n`);
    expect((await connected).name).toBe("anonymous");
  });
});
