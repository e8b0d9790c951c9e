import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Connection } from "../src/index.ts";
import { carrier } from "./carrier.ts";
import { codeOf } from "./code-of.ts";
import { hear } from "./hear.ts";
import type { RawPeer } from "./raw-peer.ts";
import { serveRaw } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

describe("connect, given a timeout or a signal", () => {
  it("gives up at the timeout", async () => {
    const place = new TestPlace();
    const client = place.client({ reconnect: true, reconnectInterval: 60_000 });
    await expect(client.connect({ timeout: 50 })).rejects.toMatchObject({
      code: "IPC_CONNECT_TIMEOUT",
      message: expect.stringMatching(/waited 50 ms/) as string,
    });
  });

  it("gives up with the signal's reason, before, while it dials and while it opens", async () => {
    const place = new TestPlace();
    const asked = new Promise<RawPeer>((resolve) => void serveRaw(place, resolve));
    const client = place.client();
    const reason = new Error("the user left");
    await expect(client.connect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const wait of [turn, () => asked]) {
      const controller = new AbortController();
      const pending = client.connect({ signal: controller.signal });
      await wait();
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
    }
    expect(client.connected).toBe(false);
  });

  it("closes a connection that comes when it is no longer wanted", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const opened: Connection[] = [];
    let arrive: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const client = place.client({
      transport: carrier((sockets) => ({
        dial: async (name, options) => {
          const connection = await sockets.dial(name, { ...options, signal: undefined });
          opened.push(connection);
          arrive?.();
          await turn();
          return connection;
        },
      })),
    });
    const pending = client.connect();
    await arrived;
    await client.disconnect();
    await expect(pending).rejects.toMatchObject({ code: "IPC_CLOSED" });
    await turn();
    await turn();
    expect([opened.map(({ open }) => open), server.sockets]).toEqual([[false], []]);
  });

  it("lets others wait on when one gives up", async () => {
    const place = new TestPlace();
    const client = place.client({ reconnect: true, reconnectInterval: 20 });
    const patient = client.connect();
    await expect(client.connect({ timeout: 10 })).rejects.toMatchObject({
      code: "IPC_CONNECT_TIMEOUT",
    });
    await place.serve();
    expect((await patient).connected).toBe(true);
  });

  it("rejects for what it is given while a session is open too, and the session goes on", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket } = await place.pair(server);
    const reason = new Error("the user left");
    await expect(client.connect({ timeout: -1 })).rejects.toMatchObject({
      code: "IPC_INVALID_OPTION",
    });
    await expect(client.connect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const told = hear(client, "error");
    // Not awaited: an unhandled rejection would fail this run.
    void client.connect({ signal: AbortSignal.abort(reason) });
    await expect(told).resolves.toBe(reason);
    await expect(client.connect()).resolves.toBe(socket);
    expect([socket.connected, server.sockets.length]).toEqual([true, 1]);
  });

  it("does not dial before its time for a signal that is aborted already", async () => {
    const place = new TestPlace();
    let dials = 0;
    const client = place.client({
      reconnect: true,
      reconnectInterval: 3_600_000,
      transport: carrier((sockets) => ({
        dial: (...values) => {
          dials += 1;
          return sockets.dial(...values);
        },
      })),
    });
    const failed = hear(client, "error");
    const pending = codeOf(client.connect());
    await failed;
    await expect(client.connect({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(dials).toBe(1);
    await client.disconnect();
    await expect(pending).resolves.toBe("IPC_CLOSED");
  });

  it("stays connected when its signal is aborted afterwards", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const client = place.client();
    const controller = new AbortController();
    const socket = await client.connect({ timeout: 60_000, signal: controller.signal });
    controller.abort();
    await socket.flush();
    expect([socket.connected, server.sockets.length]).toEqual([true, 1]);
  });
});
