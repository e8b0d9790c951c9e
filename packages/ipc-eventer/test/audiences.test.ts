import { describe, expect, it } from "vitest";
import { heardBy } from "./crowd.ts";
import { hear } from "./hear.ts";
import { redAndBlue } from "./red-and-blue.ts";
import { TestPlace } from "./test-place.ts";

const nobody = { ada: [], bob: [], cleo: [], dan: [] };

describe("an audience", () => {
  it("has the clients in a room", async () => {
    const { server, members } = await redAndBlue();
    server.to("red").emit("news", 1);
    expect(await heardBy(members)).toEqual({ ...nobody, ada: [1], bob: [1] });
    server.to("green").emit("news", 2);
    expect(await heardBy(members)).toEqual(nobody);
  });

  it("is the union of several rooms and clients, and each hears it once", async () => {
    const { server, members } = await redAndBlue();
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

  it("leaves out the exceptions, whether named before or after", async () => {
    const { server, members } = await redAndBlue();
    const { ada, cleo } = members;
    server.to("red").except("blue").emit("news", 1);
    server.to("red").except("blue").to("blue").emit("news", 2);
    server.to("blue").except(cleo.remote).emit("news", 3);
    server.everyone.except(["blue", { id: ada.socket.id }]).emit("news", 4);
    server.everyone.except("blue").except("red").emit("news", 5);
    expect(await heardBy(members)).toEqual({ ada: [1, 2], bob: [3], cleo: [], dan: [4, 5] });
  });

  it("of a socket is without the socket itself", async () => {
    const { members } = await redAndBlue();
    members.ada.remote.to("red").emit("news", 1);
    members.dan.remote.to(["red", "blue"]).emit("news", 2);
    members.ada.remote.to("red").to("blue").except(members.cleo.remote).emit("news", 3);
    expect(await heardBy(members)).toEqual({ ...nobody, ada: [2], bob: [1, 2, 3], cleo: [2] });
  });

  it("of an empty list is empty", async () => {
    const { server, members } = await redAndBlue();
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

  it("has its sockets at this moment", async () => {
    const { server, members } = await redAndBlue();
    const { ada, bob, cleo } = members;
    const red = server.to("red");
    expect(red.sockets).toEqual([ada.remote, bob.remote]);
    ada.remote.leave("red").leave("red").leave("never entered");
    cleo.remote.join("red").join("red");
    expect(red.sockets).toEqual([bob.remote, cleo.remote]);
    expect(server.to("red").except("blue").sockets).toEqual([]);
  });

  it("may be made before any client is there, and serves after the server was started again", async () => {
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
    const { server, members } = await redAndBlue();
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

  it("throws the caller's mistakes, also if it is empty", async () => {
    const { server, members } = await redAndBlue();
    for (const audience of [server.to("red"), server.to("empty")]) {
      expect(() => audience.emit("error")).toThrow(/lifecycle event/);
      expect(() => audience.emit("news", 1n)).toThrow(
        expect.objectContaining({ code: "IPC_NOT_ENCODABLE" }),
      );
    }
    expect(await heardBy(members)).toEqual(nobody);
  });

  it.each([[undefined], [null], [5], [{}], [{ id: 5 }], [["red", undefined]], [[["red"]]]])(
    "of %j is a mistake: it is not all clients",
    async (target) => {
      const { server, members } = await redAndBlue();
      const mistake: unknown = expect.objectContaining({ code: "IPC_INVALID_OPTION" });
      const wrong = target as unknown as string;
      expect(() => server.to(wrong)).toThrow(mistake);
      expect(() => server.everyone.except(wrong)).toThrow(mistake);
      expect(() => server.everyone.to(wrong)).toThrow(mistake);
      expect(() => members.ada.remote.to(wrong)).toThrow(mistake);
    },
  );
});
