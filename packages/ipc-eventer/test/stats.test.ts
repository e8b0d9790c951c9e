import { expect, it } from "vitest";
import { hear } from "./hear.ts";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";

it("counts what a session has done, and what all of a server have", async () => {
  const place = new TestPlace();
  const server = await place.serve();
  const { socket, remote } = await place.pair(server);
  await place.pair(server);
  remote.handle("call", () => "answer");
  const last = hear(remote, "last");
  socket.emit("n", 1);
  socket.emit("key", 1, { conflate: "k" });
  socket.emit("key", 2, { conflate: "k" });
  await socket.invoke("call");
  socket.emit("last");
  await last;
  await socket.flush();
  const ponged = hear(socket, "user-pong");
  socket.userPing();
  await ponged;
  const stats = socket.stats();
  expect(stats).toMatchObject({
    sent: 4,
    received: 1,
    queuedBytes: 0,
    unconfirmedBytes: 0,
    pendingCalls: 0,
    dropped: { key: 1 },
    recovered: 0,
  });
  expect(stats.roundTrip).toBeGreaterThan(0);
  expect(stats.sentBytes).toBe(`["n",1]["key",2][1,"call"]["last"]`.length + 4);
  expect(stats.receivedBytes).toBeGreaterThan(50);
  expect(server.stats()).toMatchObject({ connected: 2, parked: 0, sent: 1, received: 4 });
});

it("is written to stderr if NODE_DEBUG says so, without what was sent", async () => {
  const place = new TestPlace();
  const program = new Program("debug-log.mjs", {
    env: { PLACE: place.directory, NODE_DEBUG: "ipc-eventer" },
  });
  const { output } = await program.ended;
  expect(output).toMatch(/IPC-EVENTER \d+: message \{.*event: 'secret-free'/s);
  expect(output).not.toContain("payload");
});

it("counts what was dropped under any name", async () => {
  const place = new TestPlace();
  const server = await place.serve();
  const remotes = [(await place.pair(server)).remote, (await place.pair(server)).remote];
  for (const remote of remotes) {
    for (const data of [1, 2]) remote.emit("__proto__", data, { conflate: "k" });
  }
  expect(Object.entries(server.stats().dropped)).toEqual([["__proto__", 2]]);
});
