import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { IPCSocket } from "../src/index.ts";
import { bothWays } from "./both-ways.ts";
import { codeOf } from "./code-of.ts";
import { TestPlace } from "./test-place.ts";

/** A handler that asks the other side for one step less. */
function descend(next: IPCSocket): (depth: number) => Promise<number> {
  return async (depth) => {
    if (depth === 0) return 0;
    const rest: unknown = await next.invoke("down", depth - 1);
    return 1 + Number(rest);
  };
}

describe("a call", () => {
  it("is answered by what the handler returns, or what its promise brings, on both sides", async () => {
    for (const { asker, answerer } of await bothWays()) {
      answerer.handle("add", ([a, b]: [number, number]) => a + b);
      answerer.handle("later", async (data: unknown) => {
        await turn();
        return { data };
      });
      answerer.handle("nothing", () => undefined);
      answerer.handle("bytes", (bytes: Uint8Array) => bytes.map((byte) => byte + 1));
      expect(await asker.invoke("add", [40, 2])).toBe(42);
      expect(await asker.invoke("later", "x")).toEqual({ data: "x" });
      expect(await asker.invoke("nothing")).toBeUndefined();
      expect(await asker.invoke("bytes", new Uint8Array([1, 2]))).toEqual(new Uint8Array([2, 3]));
    }
  });

  it("is answered by the socket's handler first, then by the server's or client's", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    server.handle("who", () => "server");
    client.handle("who", () => "client");
    expect([await socket.invoke("who"), await remote.invoke("who")]).toEqual(["server", "client"]);
    remote.handle("who", () => "socket of the server");
    socket.handle("who", () => "socket of the client");
    expect([await socket.invoke("who"), await remote.invoke("who")]).toEqual([
      "socket of the server",
      "socket of the client",
    ]);
    remote.unhandle("who");
    server.unhandle("who");
    socket.unhandle("who");
    client.unhandle("who");
    for (const end of [socket, remote])
      expect(await codeOf(end.invoke("who"))).toBe("IPC_NO_HANDLER");
  });

  it("tells its handler the socket it came from", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("who", (_, { socket }) => socket.id);
    const { socket } = await place.pair(server);
    expect(await socket.invoke("who")).toBe(socket.id);
  });

  it("may call back from within its handler, to any depth", async () => {
    for (const { asker, answerer } of await bothWays()) {
      answerer.handle("down", descend(answerer));
      asker.handle("down", descend(asker));
      expect(await asker.invoke("down", 100)).toBe(100);
      asker.unhandle("down");
      answerer.unhandle("down");
    }
  });

  it("keeps its place among events, and 1,000 of them have their own answers", async () => {
    for (const { asker, answerer } of await bothWays()) {
      const order: unknown[] = [];
      answerer.on("note", (data) => order.push(data));
      answerer.handle("double", (n: number) => {
        order.push(n);
        return 2 * n;
      });
      const replies: Promise<unknown>[] = [];
      for (let n = 0; n < 1_000; n += 2) {
        asker.emit("note", n);
        replies.push(asker.invoke("double", n + 1));
      }
      expect(await Promise.all(replies)).toEqual(
        Array.from({ length: 500 }, (_, index) => 4 * index + 2),
      );
      expect(order).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    }
  });
});
