import { describe, expect, it } from "vitest";
import type { IPCServerSocket } from "../src/index.ts";
import { hear, hearAll } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

describe("an event", () => {
  describe("given a name that only the library may raise", () => {
    const reserved = [
      "connect",
      "connected",
      "disconnect",
      "disconnected",
      "drain",
      "encryption:error",
      "error",
      "ipc:anything",
      "kicked",
      "listening",
      "lost",
      "newListener",
      "removeListener",
      "user-pong",
    ];

    it.each(reserved)("throws at the caller, even on a closed socket: %s", async (event) => {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const refusal = expect.objectContaining({
        code: "IPC_RESERVED_EVENT",
        blame: "caller",
      }) as Error;
      expect(() => socket.emit(event, 1)).toThrow(refusal);
      expect(() => remote.broadcast(event, 1)).toThrow(refusal);
      await client.disconnect();
      expect(() => socket.emit(event, 1)).toThrow(refusal);
    });

    it("drops and reports what a hostile client sends under such a name, and goes on", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const peer = await place.rawPeer(server);
      const connected = hear(server, "connected") as Promise<IPCServerSocket>;
      await peer.open();
      const remote = await connected;
      const raised: string[] = [];
      for (const event of reserved.filter((name) => name !== "error")) {
        server.on(event, () => raised.push(event));
        remote.on(event, () => raised.push(event));
      }
      // Of errors that are alike the first is told at once, the others of that second together.
      const reports = hearAll(server, "error", 2);
      const onSocket = hearAll(remote, "error", 2);
      const after = hear(remote, "after");
      for (const event of reserved) peer.say(`${JSON.stringify([event, { reason: "x" }])}\n`);
      peer.say('["after",1]\n');
      await expect(after).resolves.toBe(1);
      for (const [error, socket] of await reports) {
        expect(error).toMatchObject({ code: "IPC_RESERVED_EVENT", blame: "peer" });
        expect(socket).toBe(remote);
      }
      const [, [sum]] = (await onSocket) as [unknown[], unknown[]];
      expect(sum).toMatchObject({ context: { count: reserved.length - 1 } });
      expect(
        raised.filter((event) => event !== "newListener" && event !== "removeListener"),
      ).toEqual([]);
    });

    it("is at ease with names that objects have by nature", async () => {
      const place = new TestPlace();
      const server = await place.serve();
      const { socket, remote } = await place.pair(server);
      for (const event of ["", "__proto__", "constructor", "hasOwnProperty", "toString", "a\nb"]) {
        const heard = hear(remote, event);
        socket.emit(event, event);
        await expect(heard).resolves.toBe(event);
      }
    });
  });
});
