import { createMemoryTransport } from "@ipc/transport/testing";
import { describe, expect, it } from "vitest";
import { faultyPair } from "./faulty-pair.ts";
import { RemoteServer } from "./remote-server.ts";
import { TestPlace } from "./test-place.ts";

/** Keeps the own loop from turning. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

describe("a process whose own loop is blocked for longer than it would wait", () => {
  it.each([{}, { password: "correct horse battery staple" }])(
    "connects all the same, with options %j",
    async (options) => {
      const place = new TestPlace();
      await RemoteServer.start(place, { ...options, handshakeTimeout: 300 });
      for (const [before, timeout] of [
        [0, undefined],
        [1, undefined],
        [1, 250],
      ] as const) {
        const client = place.client({ ...options, handshakeTimeout: 300 });
        const connecting = client.connect({ timeout });
        for (let count = 0; count < before; count++) await tick();
        block(600);
        expect((await connecting).connected).toBe(true);
        await client.disconnect();
      }
    },
  );

  it("does not blame the server for a flush or a call that it has not let go out", async () => {
    const place = new TestPlace();
    await RemoteServer.start(place);
    const socket = await place.client().connect();
    socket.emit("anything");
    const flushed = socket.flush({ timeout: 100 });
    // An answer, though none of a handler.
    const answer = socket.invoke("anything", 1, { timeout: 100 });
    answer.catch(() => undefined);
    block(200);
    await flushed;
    await expect(answer).rejects.toMatchObject({ code: "IPC_NO_HANDLER" });
  });

  it("still gives up a server that lets it wait", async () => {
    const { faults, socket } = await faultyPair();
    faults.stall();
    socket.emit("anything");
    const flushed = socket.flush({ timeout: 50 });
    block(100);
    await expect(flushed).rejects.toMatchObject({ code: "IPC_FLUSH_TIMEOUT" });
    faults.clear();
  });

  it("still gives up a dial that is not answered", async () => {
    const place = new TestPlace();
    const silent = createMemoryTransport({ schedule: () => undefined });
    const client = place.client({ transport: silent, handshakeTimeout: 50 });
    const connecting = client.connect();
    block(100);
    await expect(connecting).rejects.toMatchObject({ code: "ETIMEDOUT" });
  });
});

describe("a server whose own loop is blocked", () => {
  it("does not turn a client away that has said everything in time", async () => {
    const place = new TestPlace();
    const server = await place.serve({ handshakeTimeout: 200 });
    server.use(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      block(400);
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const { socket } = await place.pair(server);
    expect(socket.connected).toBe(true);
  });

  it("keeps a session whose client came back in time", async () => {
    const { faults, server, socket, remote } = await faultyPair({ recoveryWindow: 100 });
    const over: unknown[] = [];
    server.on("disconnected", (_socket, end) => over.push(end));
    faults.cut();
    await new Promise((resolve) => setImmediate(resolve));
    block(300);
    socket.emit("after");
    await socket.flush();
    expect([over, remote.connected]).toEqual([[], true]);
  });
});
