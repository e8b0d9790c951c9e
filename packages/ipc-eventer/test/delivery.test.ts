import { describe, expect, it } from "vitest";
import type { IPCServerSocket, IPCSocket } from "../src/index.ts";
import { hearAll } from "./hear.ts";
import { hello, preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

describe("delivery", () => {
  describe("given what is emitted in the first moments", () => {
    it("misses nothing that the server emits in connected, after await client.connect()", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      server.on("connected", (socket: IPCServerSocket) => {
        for (let n = 0; n < 2_000; n++) socket.emit("early", n);
      });
      const socket = await place.client().connect();
      const heard = hearAll(socket, "early", 2_000);
      expect((await heard).map(([n]) => n)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
    });

    it("misses nothing that the client emits at once, on the server", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const heard = new Promise((resolve) => {
        server.on("connected", (socket: IPCServerSocket) => {
          // A listener that looks something up first, as programs do.
          void Promise.resolve().then(() => hearAll(socket, "early", 3).then(resolve));
        });
      });
      const client = place.client();
      client.on("connected", (socket: IPCSocket) => {
        for (let n = 0; n < 3; n++) socket.emit("early", n);
      });
      await client.connect();
      await expect(heard).resolves.toEqual([[0], [1], [2]]);
    });

    it("keeps the order of what a raw client pours in together with its hello", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const heard = hearAll(server, "n", 20_000);
      const peer = await place.rawPeer(server);
      const events = Array.from({ length: 20_000 }, (_, n) => `["n",${n}]\n`).join("");
      peer.say(preface + hello);
      await peer.hears('"welcome"');
      peer.say(events);
      expect((await heard).map(([n]) => n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
    });
  });

  it("keeps the order of 10,000 events, large and small", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    const heard = hearAll(remote, "n", 10_000);
    const filler = "x".repeat(70_000);
    for (let n = 0; n < 10_000; n++) socket.emit("n", n % 1_000 === 0 ? [n, filler] : [n]);
    expect((await heard).map(([value]) => (value as [number])[0])).toEqual(
      Array.from({ length: 10_000 }, (_, n) => n),
    );
  });
});
