import { describe, expect, it } from "vitest";
import type { IPCServer } from "../src/index.ts";
import { carrier } from "./carrier.ts";
import { hear } from "./hear.ts";
import { hello, preface, prefaceWith, type RawPeer } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

describe("a server that stops", () => {
  it("sends what was emitted, tells the clients that it is closing, and forgets them", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    const last = hear(socket, "last");
    const over = hear(client, "disconnect");
    remote.emit("last", "x".repeat(219_263));
    await server.stop();
    await expect(last).resolves.toHaveLength(219_263);
    await expect(over).resolves.toMatchObject({ reason: "server-closing", byPeer: true });
    expect([server.sockets, remote.connected, server.address]).toEqual([[], false, undefined]);
    expect(remote.emit("late")).toBe(false);
    server.broadcastAll("late");
  });

  it("waits for a peer that does not end only until the close timeout", async () => {
    const place = new TestPlace();
    const server = await place.serve({ closeTimeout: 200, handshakeTimeout: 20_000 });
    const silent = await place.rawPeer(server);
    // It neither ends its side nor reads.
    silent.socket.pause();
    silent.socket.allowHalfOpen = true;
    silent.say(preface + hello);
    await hear(server, "connected");
    const began = performance.now();
    await server.stop();
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(190);
    expect(took).toBeLessThan(15_000);
  });

  it("says so to a connection whose preface has not come, and nothing else", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const silent = await place.rawPeer(server);
    // Connections are accepted in the order in which they were made.
    const next = await place.rawPeer(server);
    await next.open();
    await server.stop();
    await silent.closed;
    expect(silent.text).toBe('{"bye":{"reason":"server-closing"}}\n');
  });

  it("refuses a client that connects while it is stopping", async () => {
    const place = new TestPlace();
    let close: (() => void) | undefined;
    const mayClose = new Promise<void>((resolve) => {
      close = resolve;
    });
    const server = await place.serve({
      handshakeTimeout: 20_000,
      transport: carrier((sockets) => ({
        listen: async (...wishes) => {
          const listener = await sockets.listen(...wishes);
          return {
            address: listener.address,
            ref: () => listener.ref(),
            unref: () => listener.unref(),
            close: async () => {
              await mayClose;
              await listener.close();
            },
          };
        },
      })),
    });
    const { address = "" } = server;
    const stopped = server.stop();
    const late = await place.rawPeer({ address } as IPCServer);
    const began = performance.now();
    await late.closed;
    close?.();
    await stopped;
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("a server whose name cannot be given back", () => {
  it.each(["stop", "handOver"] as const)("says goodbye to all the same way: %s", async (call) => {
    const place = new TestPlace();
    const failure = new Error("the name is stuck");
    let isStuck = true;
    const transport = carrier((sockets) => ({
      listen: async (...values) => {
        const listener = await sockets.listen(...values);
        const close = listener.close.bind(listener);
        listener.close = async () => {
          await close();
          if (isStuck) throw failure;
        };
        return listener;
      },
    }));
    const server = await place.serve({ transport });
    const { client } = await place.pair(server);
    const gone = hear(client, "disconnected");
    await expect(server[call]()).rejects.toBe(failure);
    await gone;
    isStuck = false;
    await server.start();
    expect(server.listening).toBe(true);
  });
});

describe("a server that is stopped by a listener while a client comes back", () => {
  interface Told {
    readonly id: string;
    readonly token: string;
    readonly recovery: { readonly session: string };
  }

  async function welcomed(peer: RawPeer): Promise<Told> {
    peer.say(`${prefaceWith("recovery")}{"hello":{"name":"raw","recovery":{}}}\n`);
    await peer.hears('"welcome"');
    const line = peer.text.split("\n").find((one) => one.startsWith('{"welcome"')) ?? "";
    return (JSON.parse(line) as { welcome: Told }).welcome;
  }

  it.each([
    ["disconnect", "resumes over another connection", 0, ""],
    ["disconnected", "says that it has received what was never sent", 99, ""],
    ["disconnected", "sends more behind its hello", 0, '{"ping":1}\n'],
  ])("in %s, when the client %s, ends the client's connection alone", async (...row) => {
    const [event, , received, more] = row;
    const place = new TestPlace();
    const server = await place.serve();
    const first = await place.rawPeer(server);
    const { id, token, recovery } = await welcomed(first);
    const stopped = new Promise<void>((resolve, reject) => {
      server.once(event as "disconnect", () => {
        server.stop().then(resolve, reject);
      });
    });
    const second = await place.rawPeer(server);
    const back = { name: "raw", id, token, recovery: { session: recovery.session, received } };
    second.say(`${prefaceWith("recovery")}${JSON.stringify({ hello: back })}\n${more}`);
    await Promise.all([stopped, first.closed, second.closed]);
    expect(second.text).not.toContain('"welcome"');
  });
});
