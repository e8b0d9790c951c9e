import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type IPCServerSocket, RefusedError } from "../src/index.ts";
import { heardBy } from "./crowd.ts";
import { hear } from "./hear.ts";
import { redAndBlue } from "./red-and-blue.ts";
import { TestPlace } from "./test-place.ts";

const nobody = { ada: [], bob: [], cleo: [], dan: [] };

describe("a room", () => {
  it("is never taken for a client's id, nor an id for a room", async () => {
    const { server, members } = await redAndBlue();
    const { ada, dan } = members;
    // Dan would listen to what is meant for Ada.
    dan.remote.join(ada.socket.id);
    server.to({ id: ada.socket.id }).emit("news", "for Ada");
    server.to(ada.socket.id).emit("news", "for the room");
    expect(await heardBy(members)).toEqual({
      ...nobody,
      ada: ["for Ada"],
      dan: ["for the room"],
    });
    server.disconnectClient(ada.socket.id);
    await hear(server, "disconnected");
    expect(server.to({ id: ada.socket.id }).sockets).toEqual([]);
  });

  it("is entered in middleware by clients that are accepted, and by no others", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const red = server.to("red");
    const tried: IPCServerSocket[] = [];
    server.use(async (socket) => {
      tried.push(socket.join("red").join("blue").leave("blue"));
      await Promise.resolve();
      expect(red.sockets).toEqual([]);
      red.emit("news", "too early");
      if (socket.name === "mallory") throw new RefusedError("no");
    });
    await expect(place.client({ name: "mallory" }).connect()).rejects.toThrow("no");
    expect(red.sockets).toEqual([]);
    const { remote } = await place.pair(server, { name: "ada" });
    expect([red.sockets, server.to("blue").sockets]).toEqual([[remote], []]);
    // A refused client stays out, whatever is done with its socket.
    tried[0]?.join("red");
    expect(red.sockets).toEqual([remote]);
  });

  it("is left at the end of the session, and disconnected still tells which it was", async () => {
    const { server, members } = await redAndBlue();
    const { bob } = members;
    const left = new Promise((resolve) => {
      server.once("disconnected", (socket) => {
        expect(server.to("red").sockets).toEqual([members.ada.remote]);
        server.to([...socket.rooms]).emit("news", `${socket.name} has left`);
        resolve([...socket.rooms]);
      });
    });
    await bob.client.disconnect();
    expect(await left).toEqual(["red", "blue"]);
    bob.remote.join("red");
    expect(server.to("red").sockets).toEqual([members.ada.remote]);
    const { ada, cleo, dan } = members;
    expect(await heardBy({ ada, cleo, dan })).toEqual({
      ada: ["bob has left"],
      cleo: ["bob has left"],
      dan: [],
    });
  });

  it("is left by a session whose client has connected anew, and entered by the new one", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.on("connected", (socket) => socket.join("red"));
    const { client, remote } = await place.pair(server);
    await client.disconnect();
    const connected = hear(server, "connected");
    await client.connect();
    const again = (await connected) as IPCServerSocket;
    expect(again.id).toBe(remote.id);
    expect(server.to("red").sockets).toEqual([again]);
    expect(server.to(remote).sockets).toEqual([again]);
  });

  it("is one of any number, and the list of them is the caller's own", async () => {
    const { members } = await redAndBlue();
    const { remote } = members.bob;
    const { rooms } = remote;
    expect([...rooms]).toEqual(["red", "blue"]);
    for (const room of remote.rooms) remote.leave(room);
    expect([[...rooms], [...remote.rooms]]).toEqual([["red", "blue"], []]);
    for (let n = 0; n < 10_000; n++) remote.join(`room ${n}`);
    expect(remote.rooms.size).toBe(10_000);
  });

  it("has a string for its name", async () => {
    const { members } = await redAndBlue();
    const { remote } = members.dan;
    const wrong = undefined as unknown as string;
    expect(() => remote.join(wrong)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
    );
    expect(remote.leave(wrong).rooms.size).toBe(0);
  });

  it("takes no memory once it is left, and holds no socket whose session is over", async () => {
    const { server, members } = await redAndBlue();
    const { remote } = members.ada;
    const collect = collector();
    const before = collect();
    for (let n = 0; n < 100_000; n++) {
      remote.join(`a room for this round only ${n}`);
      remote.leave(`a room for this round only ${n}`);
    }
    expect(collect() - before).toBeLessThan(4 * 1024 * 1024);

    const gone: WeakRef<IPCServerSocket>[] = [];
    const place = new TestPlace();
    const busy = await place.serve();
    busy.on("connected", (socket) => {
      gone.push(new WeakRef(socket.join("red").join(socket.id)));
    });
    for (let n = 0; n < 20; n++) {
      const client = place.client();
      await client.connect();
      const left = hear(busy, "disconnected");
      await client.disconnect();
      await left;
    }
    const left = (): number => {
      collect();
      return gone.filter((socket) => socket.deref() !== undefined).length;
    };
    // The engine may keep the last one or two in registers and closures of its own.
    await expect.poll(left).toBeLessThan(5);
    expect(busy.to("red").sockets).toEqual([]);
    expect(server.to("red").sockets).toHaveLength(2);
  });
});

describe("given an id", () => {
  it("finds the socket of the client that has it now", async () => {
    const { server, members } = await redAndBlue();
    const { ada } = members;
    expect(server.getSocket(ada.socket.id)).toBe(ada.remote);
    expect(server.getSocket("red")).toBeUndefined();
    const left = hear(server, "disconnected");
    await ada.client.disconnect();
    await left;
    expect(server.getSocket(ada.socket.id)).toBeUndefined();
  });
});

/** Collects garbage and answers the bytes of heap that are left. */
function collector(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}
