import { describe, expect, it } from "vitest";
import { hear, hearAll } from "./hear.ts";
import { preface } from "./raw-peer.ts";
import { RemoteServer } from "./remote-server.ts";
import { RoundTrips } from "./round-trips.ts";
import { TestPlace } from "./test-place.ts";

describe("a peer that is greedy or deaf", () => {
  it("gets no more memory than the limit for a line without end, before and after its hello", async () => {
    const place = new TestPlace();
    const limit = 4 * 1024 * 1024;
    const server = await RemoteServer.start(place, { maxMessageBytes: limit });
    const trips = new RoundTrips(await place.client().connect());
    const before = await server.report();
    const chunk = Buffer.alloc(1024 * 1024, "x");
    for (const [start, code, welcome] of [
      ["{", "IPC_NOT_IPC", false],
      [`${preface}{"hello":{"name":"`, "IPC_FRAMING_FRAME_TOO_LARGE", false],
      ['["x","', "IPC_FRAMING_FRAME_TOO_LARGE", true],
    ] as const) {
      const peer = await server.rawPeer();
      if (welcome) await peer.open();
      peer.say(start);
      let sent = 0;
      // A gigabyte, if it were all taken.
      while (sent < 1_024 && !peer.socket.destroyed) {
        sent += 1;
        if (!peer.say(chunk)) {
          await Promise.race([
            new Promise((resolve) => peer.socket.once("drain", resolve)),
            peer.closed,
          ]);
        }
      }
      await peer.closed;
      expect(sent).toBeLessThan(64);
      await server.sees(code);
    }
    const { peak } = await server.report();
    const { slowest } = await trips.stop();
    const grown = peak - before.memory.rss;
    process.stdout.write(
      `endless lines: the server grew by ${(grown / 1e6).toFixed(1)} MB at most\n`,
    );
    expect(grown).toBeLessThan(48e6);
    expect(slowest).toBeLessThan(30_000);
  });

  it("is cut off as a slow consumer when it never reads, and the others miss nothing", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place, { maxQueuedBytes: 2 * 1024 * 1024 });
    const socket = await place.client().connect();
    const deaf = await server.rawPeer();
    await deaf.open();
    deaf.socket.pause();
    const times = 10;
    const data = "x".repeat(64 * 1024);
    for (let round = 0; round < 10; round++) {
      const heard = hearAll(socket, "news", times);
      socket.emit("broadcast", { event: "news", data, times });
      await heard;
    }
    await server.sees("IPC_SLOW_CONSUMER");
    const { codes, clients } = await server.report();
    expect([codes, clients]).toEqual([{ IPC_SLOW_CONSUMER: 1 }, 1]);
    deaf.socket.resume();
    await deaf.closed;
    const echo = hear(socket, "echo");
    socket.emit("echo", "fine");
    await expect(echo).resolves.toBe("fine");
  });

  it("is cut off as well when it only pings and never reads the answers", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place, { maxQueuedBytes: 256 * 1024 });
    const trips = new RoundTrips(await place.client().connect());
    const deaf = await server.rawPeer();
    await deaf.open();
    deaf.socket.pause();
    const pings = '{"ping":1}\n'.repeat(10_000);
    let sent = 0;
    while (!deaf.socket.destroyed && sent < 500) {
      sent += 1;
      if (!deaf.say(pings)) {
        await Promise.race([
          new Promise((resolve) => deaf.socket.once("drain", resolve)),
          deaf.closed,
        ]);
      }
    }
    await trips.stop();
    const { codes, clients } = await server.report();
    expect([codes, clients]).toEqual([{ IPC_SLOW_CONSUMER: 1 }, 1]);
  });
});
