import { expect, it } from "vitest";
import { hear, type Speaker } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

it.each(["client disconnects", "server stops", "server kicks"])(
  "nothing is called lost that was emitted just before the %s",
  async (how) => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    const lost: unknown[] = [];
    const sides: Speaker[] = [client, server];
    for (const side of sides) side.on("lost", (what) => lost.push(what));
    const heard: number[] = [];
    const speaker = how.startsWith("client") ? socket : remote;
    (speaker === socket ? remote : socket).on("n", (n: number) => heard.push(n));
    const over = hear(server, "disconnected");
    for (let n = 0; n < 1_000; n++) speaker.emit("n", n);
    speaker.emit("n", 1_000);
    if (how === "server stops") await server.stop();
    else speaker.disconnect();
    await over;
    await expect.poll(() => client.connected).toBe(false);
    expect(heard).toHaveLength(1_001);
    expect(lost).toEqual([]);
  },
);
