import { expect, it } from "vitest";
import { Program } from "./program.ts";
import { RemoteServer } from "./remote-server.ts";
import { TestPlace } from "./test-place.ts";

const clients = 1_000;

it("sends one broadcast to a thousand clients, in little memory each", async () => {
  const place = new TestPlace();
  const server = await RemoteServer.start(place);
  const socket = await place.client().connect();
  const before = await server.report();

  const crowd = new Program("crowd.mjs", {
    args: [String(clients)],
    env: { PLACE: place.directory },
  });
  const { took, ...rest } = (await crowd.report()) as {
    took: number;
    connected: number;
    ids: number;
  };
  expect(rest).toEqual({ connected: clients, ids: clients });
  const after = await server.report();
  expect([after.clients, after.codes]).toEqual([clients + 1, {}]);

  const each = (bytes: (memory: NodeJS.MemoryUsage) => number): string =>
    ((bytes(after.memory) - bytes(before.memory)) / clients / 1024).toFixed(1);
  const rss = each((memory) => memory.rss);
  const heap = each((memory) => memory.heapUsed + memory.external);
  process.stdout.write(
    `${clients} clients connected in ${took.toFixed()} ms; ${rss} KiB resident, ${heap} KiB heap and external for each that idles\n`,
  );
  expect(Number(heap)).toBeLessThan(32);
  expect(Number(rss)).toBeLessThan(64);

  const heard = crowd.report();
  socket.emit("broadcast", { event: "news", data: "hello, crowd", times: 1 });
  await expect(heard).resolves.toEqual({ heard: clients });
  await crowd.ended;
});
