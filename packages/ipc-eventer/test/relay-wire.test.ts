import { setImmediate as turn } from "node:timers/promises";
import { createFaults, createMemoryTransport } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import type { IPCServer } from "../src/index.ts";
import { codeOf } from "./code-of.ts";
import { hear, hearAll } from "./hear.ts";
import { prefaceWith } from "./raw-peer.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

const offering = prefaceWith("relay");

/** A server that passes everything on, and one honest client. */
async function scene(): Promise<{
  readonly place: TestPlace;
  readonly server: IPCServer;
  readonly honest: Awaited<ReturnType<TestPlace["pair"]>>;
}> {
  const place = new TestPlace();
  const server = await place.serve();
  server.relay(() => true);
  return { place, server, honest: await place.pair(server, { name: "Honest" }) };
}

describe("given a hostile client", () => {
  it.each([
    '["ipc:to"]',
    '["ipc:to",[]]',
    '["ipc:to",[1,"a"]]',
    '["ipc:to",["x","a",1,2]]',
    '[1,"ipc:to",{"length":3}]',
    '["ipc:to",["x",["a"]]]',
  ])("a malformed message for others ends its own session, and nothing else: %s", async (line) => {
    const { place, server, honest } = await scene();
    const { peer, remote } = await place.rawPair(server, offering);
    const over = hearAll(remote, "disconnect", 1);
    const errors = hearAll(server, "error", 1);
    peer.say(`${line}\n`);
    expect((await over)[0]?.[0]).toMatchObject({ reason: "violation" });
    expect((await errors)[0]?.[0]).toMatchObject({ code: "IPC_INVALID_MESSAGE" });
    expect(peer.text).toContain('{"error":"IPC_INVALID_MESSAGE"}');
    honest.remote.handle("alive", () => true);
    expect(await honest.socket.invoke("alive")).toBe(true);
  });

  it("a client is not taken for another: what it says of itself is dropped and reported", async () => {
    const { place, server, honest } = await scene();
    const { peer, remote } = await place.rawPair(server, offering);
    const heard: unknown[] = [];
    honest.socket.onAny((...values) => heard.push(values));
    const errors = hearAll(server, "error", 2);
    peer.say('["ipc:from",["boss","Boss","news",1]]\n["ipc:not-relayed",["a","b","IPC_X"]]\n');
    for (const [error] of await errors) {
      expect(error).toMatchObject({ code: "IPC_RESERVED_EVENT", blame: "peer" });
    }
    const last = hear(honest.socket, "end");
    peer.say(`["ipc:to",["${honest.socket.id}","end",{"from":"Boss"}]]\n`);
    await last;
    expect(heard).toEqual([["end", { from: "Boss" }, { from: { id: remote.id, name: "raw" } }]]);
  });

  it.each(["error", "connected", "kicked", "ipc:report", "ipc:from", "newListener"])(
    "cannot raise %s on another client, or call it so",
    async (event) => {
      const { place, server, honest } = await scene();
      const { peer } = await place.rawPair(server, offering);
      const raised: string[] = [];
      honest.client.on("kicked", () => raised.push("kicked"));
      honest.socket.on("error", () => raised.push("error"));
      honest.client.on("error", () => raised.push("error"));
      const errors = hearAll(server, "error", 1);
      const { id } = honest.socket;
      peer.say(`${JSON.stringify(["ipc:to", [id, event, 1]])}\n`);
      peer.say(`${JSON.stringify([1, "ipc:to", [id, event, 1]])}\n`);
      await peer.hears('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}');
      expect((await errors)[0]?.[0]).toMatchObject({ code: "IPC_RESERVED_EVENT" });
      const end = hear(honest.socket, "end");
      peer.say(`["ipc:to",["${id}","end"]]\n`);
      await end;
      expect([raised, honest.client.connected]).toEqual([[], true]);
    },
  );

  it("that does not read what it is told of its own events loses its own session", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxQueuedBytes: 100_000 });
    const { peer, remote } = await place.rawPair(server, offering);
    const honest = await place.pair(server);
    const over = hearAll(remote, "disconnect", 1);
    server.on("error", () => undefined);
    peer.socket.pause();
    const lines = '["ipc:to",["nobody","x"]]\n'.repeat(5_000);
    while (remote.connected) {
      peer.say(lines);
      await turn();
    }
    expect((await over)[0]?.[0]).toMatchObject({ reason: "slow-consumer" });
    expect(honest.client.connected).toBe(true);
  });
});

describe("given an old client", () => {
  it("the sender is told, and nothing is sent to it", async () => {
    const { place, server, honest } = await scene();
    const { peer, remote } = await place.rawPair(server);
    const recipient = honest.client.to(remote.id);
    const reports = hearAll(honest.client, "error", 1);
    recipient.emit("news", 1);
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_RELAY_UNSUPPORTED");
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_RELAY_UNSUPPORTED" });
    expect(peer.text).not.toContain("ipc:");
    peer.say(`[1,"ipc:to",["${honest.socket.id}","a"]]\n`);
    await peer.hears('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}');
  });
});

describe("given an old server", () => {
  it("the caller is told, and nothing is sent to it", async () => {
    const place = new TestPlace();
    const peers = await serveRaw(place, (peer) => void peer.say(welcome));
    const client = place.client();
    const socket = await client.connect();
    const reports = hearAll(client, "error", 1);
    const recipient = client.to("somebody");
    expect(recipient.emit("news", 1)).toBe(false);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_RELAY_UNSUPPORTED", blame: "peer" });
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_RELAY_UNSUPPORTED");
    expect(peers.map(({ text }) => text.includes("ipc:to"))).toEqual([false]);
    expect(socket.connected).toBe(true);
  });
});

describe("given a hostile server", () => {
  it.each(['["ipc:from",[1]]', '["ipc:from",["a","b"]]', '["ipc:not-relayed",["a"]]'])(
    "a client ends its session over %s",
    async (line) => {
      const place = new TestPlace();
      const offers = welcome.replace('"plain"}', '"plain","features":["relay"]}');
      await serveRaw(place, (peer) => peer.say(`${offers}${line}\n`));
      const client = place.client();
      const over = hearAll(client, "disconnect", 1);
      await client.connect();
      expect((await over)[0]?.[0]).toMatchObject({
        reason: "violation",
        error: { code: "IPC_INVALID_MESSAGE" },
      });
    },
  );
});

describe("given connections that break", () => {
  it("messages from one client to another arrive once, in order, whosever connection it was", async () => {
    const faults = createFaults();
    const transport = createMemoryTransport({ faults });
    const place = new TestPlace();
    const server = await place.serve({ transport });
    server.relay(() => new Promise((resolve) => setImmediate(resolve, true)));
    const options = { transport, reconnect: true };
    const ada = await place.pair(server, { ...options, name: "Ada" });
    const bob = await place.pair(server, { ...options, name: "Bob" });
    const heard: unknown[] = [];
    bob.socket.on("n", (n, { from }) => heard.push([n, from?.name]));
    bob.socket.handle("n", (n, { from }) => {
      heard.push([n, from?.name]);
      return n as unknown;
    });
    const recipient = ada.client.to(bob.socket.id);
    const replies: Promise<unknown>[] = [];
    for (let n = 0; n < 60; n++) {
      if (n % 10 === 5) faults.cut();
      if (n % 2 === 0) recipient.emit("n", n);
      else replies.push(recipient.invoke("n", n));
      await turn();
    }
    expect(await Promise.all(replies)).toEqual(Array.from({ length: 30 }, (_, n) => 2 * n + 1));
    expect(heard).toEqual(Array.from({ length: 60 }, (_, n) => [n, "Ada"]));
    expect([ada.socket.closed, bob.socket.closed]).toEqual([false, false]);
  });

  it("what is lost with a session says whom it was for, and whose it was", async () => {
    const faults = createFaults();
    const transport = createMemoryTransport({ faults });
    const place = new TestPlace();
    const server = await place.serve({ transport, recoveryWindow: 50 });
    server.relay(() => true);
    const ada = await place.pair(server, { transport, name: "Ada" });
    const bob = await place.pair(server, { transport, reconnect: true, name: "Bob" });
    const parked = hear(bob.client, "disconnect");
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await parked;
    expect(bob.socket.closed).toBe(false);
    const lost = hear(bob.client, "lost") as Promise<{ unsent: readonly unknown[] }>;
    bob.client.to(ada.socket.id).emit("news", 1);
    bob.socket.emit("plain", 2);
    await bob.client.disconnect();
    expect((await lost).unsent).toEqual([
      { event: "news", data: 1, to: ada.socket.id },
      { event: "plain", data: 2 },
    ]);
  });
});
