import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { IPCServer, IPCServerSocket } from "../src/index.ts";
import { crowd, heardBy, type Member } from "./crowd.ts";
import { hear } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

const names = ["ada", "bob", "cleo", "dan"] as const;

interface Scene {
  readonly server: IPCServer;
  readonly members: Record<(typeof names)[number], Member>;
}

/** Ada and Bob are red, Bob and Cleo are blue, Dan is nothing. */
async function scene(): Promise<Scene> {
  const place = new TestPlace();
  const server = await place.serve();
  const members = await crowd(place, server, names);
  members.ada.remote.join("red");
  members.bob.remote.join("red").join("blue");
  members.cleo.remote.join("blue");
  return { server, members };
}

const nobody = { ada: [], bob: [], cleo: [], dan: [] };

describe("an audience", () => {
  it("is who is in a room", async () => {
    const { server, members } = await scene();
    server.to("red").emit("news", 1);
    expect(await heardBy(members)).toEqual({ ...nobody, ada: [1], bob: [1] });
    server.to("green").emit("news", 2);
    expect(await heardBy(members)).toEqual(nobody);
  });

  it("is the union of several rooms and clients, and each hears it once", async () => {
    const { server, members } = await scene();
    const { ada, bob, dan } = members;
    for (const audience of [
      server.to(["red", "blue", { id: dan.socket.id }]),
      server.to("blue").to("red").to(dan.remote).to(dan.remote),
      server.to([ada.remote, bob.remote, dan.remote]).to("blue"),
      server.everyone,
      server.everyone.to("red"),
    ]) {
      audience.emit("news", "all");
      expect(await heardBy(members)).toEqual({
        ada: ["all"],
        bob: ["all"],
        cleo: ["all"],
        dan: ["all"],
      });
    }
  });

  it("is less whom it excepts, whether named before or after", async () => {
    const { server, members } = await scene();
    const { ada, cleo } = members;
    server.to("red").except("blue").emit("news", 1);
    server.to("red").except("blue").to("blue").emit("news", 2);
    server.to("blue").except(cleo.remote).emit("news", 3);
    server.everyone.except(["blue", { id: ada.socket.id }]).emit("news", 4);
    server.everyone.except("blue").except("red").emit("news", 5);
    expect(await heardBy(members)).toEqual({ ada: [1, 2], bob: [3], cleo: [], dan: [4, 5] });
  });

  it("of a socket is without the socket itself", async () => {
    const { members } = await scene();
    members.ada.remote.to("red").emit("news", 1);
    members.dan.remote.to(["red", "blue"]).emit("news", 2);
    members.ada.remote.to("red").to("blue").except(members.cleo.remote).emit("news", 3);
    expect(await heardBy(members)).toEqual({ ...nobody, ada: [2], bob: [1, 2, 3], cleo: [2] });
  });

  it("of an empty list is nobody", async () => {
    const { server, members } = await scene();
    server.to([]).emit("news", 1);
    server.to([]).except("red").emit("news", 2);
    expect(server.to([]).sockets).toEqual([]);
    expect(await heardBy(members)).toEqual(nobody);
  });

  it("never changes: to and except answer another one", () => {
    const server = new TestPlace().server();
    const red = server.to("red");
    expect(red.to("blue")).not.toBe(red);
    expect(red.except("blue")).not.toBe(red);
  });

  it("tells who it is at this moment", async () => {
    const { server, members } = await scene();
    const { ada, bob, cleo } = members;
    const red = server.to("red");
    expect(red.sockets).toEqual([ada.remote, bob.remote]);
    ada.remote.leave("red").leave("red").leave("never entered");
    cleo.remote.join("red").join("red");
    expect(red.sockets).toEqual([bob.remote, cleo.remote]);
    expect(server.to("red").except("blue").sockets).toEqual([]);
  });

  it("may be made before anybody is there, and serves after the server was started again", async () => {
    const place = new TestPlace();
    const server = place.server();
    const red = server.to("red");
    server.on("connected", (socket) => socket.join("red"));
    for (const round of [1, 2]) {
      await server.start();
      expect(red.sockets).toEqual([]);
      const { socket, remote } = await place.pair(server);
      const heard = hear(socket, "news");
      red.emit("news", round);
      expect(await heard).toBe(round);
      expect(red.sockets).toEqual([remote]);
      await server.stop();
      expect(red.sockets).toEqual([]);
    }
  });

  it("is sent an event that was encoded once, with its binary values", async () => {
    const { server, members } = await scene();
    let encoded = 0;
    const counted = {
      toJSON(): unknown {
        encoded += 1;
        return { bytes: Buffer.from([1, 2, 3]) };
      },
    };
    server.to("red").to("blue").emit("news", counted);
    expect(encoded).toBe(1);
    const news = { bytes: Buffer.from([1, 2, 3]) };
    expect(await heardBy(members)).toEqual({ ada: [news], bob: [news], cleo: [news], dan: [] });
  });

  it("throws the caller's mistakes, also with nobody in it", async () => {
    const { server, members } = await scene();
    for (const audience of [server.to("red"), server.to("empty")]) {
      expect(() => audience.emit("error")).toThrow(/lifecycle event/);
      expect(() => audience.emit("news", 1n)).toThrow(
        expect.objectContaining({ code: "IPC_NOT_ENCODABLE" }),
      );
    }
    expect(await heardBy(members)).toEqual(nobody);
  });

  it.each([[undefined], [null], [5], [{}], [{ id: 5 }], [["red", undefined]], [[["red"]]]])(
    "of %j is a mistake: it is not everybody",
    async (target) => {
      const { server, members } = await scene();
      const mistake: unknown = expect.objectContaining({ code: "IPC_INVALID_OPTION" });
      const wrong = target as unknown as string;
      expect(() => server.to(wrong)).toThrow(mistake);
      expect(() => server.everyone.except(wrong)).toThrow(mistake);
      expect(() => server.everyone.to(wrong)).toThrow(mistake);
      expect(() => members.ada.remote.to(wrong)).toThrow(mistake);
    },
  );
});

describe("a room", () => {
  it("is never taken for a client's id, nor an id for a room", async () => {
    const { server, members } = await scene();
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

  it("is entered in middleware by those who are accepted, and by nobody else", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const red = server.to("red");
    const tried: IPCServerSocket[] = [];
    server.use(async (socket) => {
      tried.push(socket.join("red").join("blue").leave("blue"));
      await Promise.resolve();
      expect(red.sockets).toEqual([]);
      red.emit("news", "too early");
      if (socket.name === "mallory") throw new Error("no");
    });
    await expect(place.client({ name: "mallory" }).connect()).rejects.toThrow("no");
    expect(red.sockets).toEqual([]);
    const { remote } = await place.pair(server, { name: "ada" });
    expect([red.sockets, server.to("blue").sockets]).toEqual([[remote], []]);
    // One who was refused stays out, whatever is done with the socket.
    tried[0]?.join("red");
    expect(red.sockets).toEqual([remote]);
  });

  it("is left at the end of the session, and disconnected still tells which it was", async () => {
    const { server, members } = await scene();
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
    const { members } = await scene();
    const { remote } = members.bob;
    const { rooms } = remote;
    expect([...rooms]).toEqual(["red", "blue"]);
    for (const room of remote.rooms) remote.leave(room);
    expect([[...rooms], [...remote.rooms]]).toEqual([["red", "blue"], []]);
    for (let n = 0; n < 10_000; n++) remote.join(`room ${n}`);
    expect(remote.rooms.size).toBe(10_000);
  });

  it("has a string for its name", async () => {
    const { members } = await scene();
    const { remote } = members.dan;
    const wrong = undefined as unknown as string;
    expect(() => remote.join(wrong)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
    );
    expect(remote.leave(wrong).rooms.size).toBe(0);
  });

  it("takes no memory once it is left, and holds no socket whose session is over", async () => {
    const { server, members } = await scene();
    const { remote } = members.ada;
    const collect = collector();
    const before = collect();
    for (let n = 0; n < 100_000; n++) {
      remote.join(`a room that nobody will ever enter again ${n}`);
      remote.leave(`a room that nobody will ever enter again ${n}`);
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
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    // The engine may keep the last one or two in registers and closures of its own.
    expect(gone.filter((socket) => socket.deref() !== undefined).length).toBeLessThan(5);
    expect(busy.to("red").sockets).toEqual([]);
    expect(server.to("red").sockets).toHaveLength(2);
  });
});

describe("given an id", () => {
  it("finds the socket of the client that has it now", async () => {
    const { server, members } = await scene();
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
