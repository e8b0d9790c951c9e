import { expect, it } from "vitest";
import { RemoteServer } from "./remote-server.ts";
import { TestPlace } from "./test-place.ts";

it("does not give up a living server because its own loop was blocked", async () => {
  const place = new TestPlace();
  await RemoteServer.start(place, { heartbeatInterval: 0 });
  const client = place.client({ heartbeatInterval: 40, heartbeatTimeout: 100 });
  const socket = await client.connect();
  const lost: unknown[] = [];
  client.on("disconnect", (end: unknown) => lost.push(end));
  for (let block = 0; block < 5; block++) {
    // A ping leaves, and then the loop is blocked for longer than an answer may take.
    await new Promise((resolve) => setTimeout(resolve, 45));
    const until = performance.now() + 250;
    while (performance.now() < until);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([lost, socket.connected]).toEqual([[], true]);
});
