import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { endless } from "./endless.ts";
import { hear } from "./hear.ts";
import { openPair } from "./open-pair.ts";
import { RoundTrips } from "./round-trips.ts";

const mebibyte = 1024 * 1024;

describe("many streams at once", () => {
  it("are all served, none much more than another, while small messages pass", async () => {
    const { socket, remote } = await openPair();
    remote.on("echo", (data) => void remote.emit("echo", data));
    const arrived: Readable[] = [];
    remote.on("s", (stream: Readable) => void arrived.push(stream));
    const sources = Array.from({ length: 1_000 }, () => endless(8_192));
    for (const source of sources) socket.emit("s", source);
    await socket.flush();
    expect(arrived).toHaveLength(1_000);
    const trips = new RoundTrips(socket);
    const counts = arrived.map(() => 0);
    await new Promise<void>((resolve) => {
      for (const [index, stream] of arrived.entries()) {
        stream.on("data", (chunk: Buffer) => {
          counts[index] = (counts[index] ?? 0) + chunk.length;
          if ((counts[index] ?? 0) >= 65_536) resolve();
        });
      }
    });
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    expect(most / least).toBeLessThanOrEqual(2);
    const { count, slowest } = await trips.stop();
    expect(count).toBeGreaterThan(10);
    expect(slowest).toBeLessThan(30_000);
    for (const stream of arrived) stream.destroy();
    await Promise.allSettled(sources.map((source) => finished(source)));
    expect(sources.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it("stop alone if their readers stop", async () => {
    const { socket, remote } = await openPair();
    const [stopped, going] = [endless(), endless()];
    const arrival = hear(remote, "two") as Promise<Readable[]>;
    socket.emit("two", [stopped, going]);
    const [still, eager] = await arrival;
    still?.once("data", () => still.pause());
    let bytes = 0;
    for await (const chunk of eager ?? [])
      if ((bytes += (chunk as Buffer).length) > 8 * mebibyte) break;
    await socket.flush();
    expect(still?.readableLength).toBeLessThanOrEqual(2 * 65_536);
    still?.destroy();
    await expect(finished(stopped)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });
});
