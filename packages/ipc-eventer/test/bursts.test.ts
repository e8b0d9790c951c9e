import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hear, hearAll } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

describe.each([{}, { password: "correct horse battery staple" }])(
  "a peer that reads, given %j",
  (options) => {
    it("gets two messages larger than maxQueuedBytes that are emitted a millisecond apart", async () => {
      const place = new TestPlace();
      const server = await place.serve(options);
      const { socket, remote } = await place.pair(server, options);
      const [files, done] = [hearAll(remote, "file", 2), hear(remote, "done")];
      socket.emit("file", Buffer.alloc(20 * 1024 * 1024));
      await sleep(1);
      socket.emit("file", Buffer.alloc(20 * 1024 * 1024));
      await sleep(1);
      socket.emit("done", "all");
      expect((await files).map(([file]) => (file as Buffer).length)).toEqual([
        20_971_520, 20_971_520,
      ]);
      expect(await done).toBe("all");
    });

    it("gets all that is emitted in one loop, however much more than maxQueuedBytes", async () => {
      const place = new TestPlace();
      const server = await place.serve(options);
      const client = { ...options, maxQueuedBytes: 64 * 1024, maxUnconfirmedBytes: 64 * 1024 };
      const { socket, remote } = await place.pair(server, client);
      const heard: unknown[] = [];
      remote.on("n", (n: unknown) => heard.push(n));
      const many = 50_000;
      for (let n = 0; n < many; n++) socket.emit("n", n);
      await socket.flush();
      expect(heard).toEqual(Array.from({ length: many }, (_, n) => n));
    });
  },
);

describe("what is emitted in one loop beyond maxBurstBytes", () => {
  it("is dropped, counted and told, and the session goes on", async () => {
    const place = new TestPlace();
    const limits = { maxQueuedBytes: 64 * 1024, maxBurstBytes: 1024 * 1024 };
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server, limits);
    const told = hear(client, "error");
    const heard: unknown[] = [];
    remote.on("n", ({ n }: { n: unknown }) => heard.push(n));
    const answers = Array.from({ length: 10_000 }, (_, n) =>
      socket.emit("n", { n, text: "x".repeat(1_000) }),
    );
    expect(await told).toMatchObject({ code: "IPC_EVENT_DROPPED" });
    await socket.flush();
    const dropped = socket.stats().dropped["n"] ?? 0;
    expect(dropped).toBeGreaterThan(0);
    // Nothing but the end is missing.
    expect(heard).toEqual(Array.from({ length: 10_000 - dropped }, (_, n) => n));
    expect(answers.at(-1)).toBe(false);
    expect(socket.connected).toBe(true);
  });
});
