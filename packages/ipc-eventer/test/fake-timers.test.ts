import { mock } from "node:test";
import type { Transport } from "@ipc/transport";
import { createFaults, createMemoryTransport } from "@ipc/transport/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { IPCServerSocket } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

const everything = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "performance",
  "Date",
] as const;

afterEach(() => {
  mock.timers.reset();
  vi.useRealTimers();
});

const fakes = {
  "mock.timers of node:test": () => mock.timers.enable(),
  "vi.useFakeTimers() of vitest": () => void vi.useFakeTimers({ toFake: [...everything] }),
};

const carriers: readonly (readonly [string, () => Transport | undefined])[] = [
  ["a socket", () => undefined],
  ["a carrier in memory", () => createMemoryTransport({ faults: createFaults() })],
];

describe.each(Object.entries(fakes))("given %s", (_, fake) => {
  it.each(carriers)("a session over %s lives as if time were not faked", async (_name, carrier) => {
    fake();
    const place = new TestPlace();
    const transport = carrier();
    const server = await place.serve({ transport, password: "secret enough" });
    server.handle("sum", ([a, b]: number[]) => (a ?? 0) + (b ?? 0));
    server.use(async () => undefined);
    const client = place.client({ transport, password: "secret enough", reconnect: true });
    const socket = await client.connect({ timeout: 60_000 });
    expect(await socket.invoke("sum", [1, 2], { timeout: 60_000 })).toBe(3);
    const heard = new Promise((resolve) => {
      (server.sockets[0] as IPCServerSocket).on("hello", resolve);
    });
    socket.emit("hello", "there");
    expect(await heard).toBe("there");
    await socket.flush({ timeout: 60_000 });
    await client.disconnect();
    await server.stop();
  });

  it("a session begun before goes on, and its own deadlines are of real time", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("never", () => new Promise(() => undefined));
    const { socket } = await place.pair(server);
    fake();
    await expect(socket.invoke("never", 1, { timeout: 20 })).rejects.toMatchObject({
      code: "IPC_CALL_TIMEOUT",
    });
    await socket.flush();
  });
});
