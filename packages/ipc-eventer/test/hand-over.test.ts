import { describe, expect, it } from "vitest";
import { IPCClient, type IPCServerSocket, type IPCSocket } from "../src/index.ts";
import { faultyPair } from "./faulty-pair.ts";
import { Gate } from "./gate.ts";
import { hear } from "./hear.ts";
import { preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

/** Wait until a client has been asked to leave: its server has given the name away, and a ping behind that is answered. */
async function isAsked(remote: IPCServerSocket, claimed: Promise<unknown>): Promise<void> {
  await claimed;
  remote.userPing();
  await hear(remote, "user-pong");
}

describe("a server that hands over", () => {
  it("lets its clients finish, and they go on with the next server, in order", async () => {
    const place = new TestPlace();
    const [former, next] = [await place.serve(), place.server()];
    const seen: number[] = [];
    for (const server of [former, next]) server.on("n", (n: number) => seen.push(n));
    const lost: unknown[] = [];
    const { client, socket, remote } = await place.pair(former, {
      reconnect: true,
      reconnectInterval: 20,
    });
    client.on("lost", (what) => lost.push(what));
    remote.handle("slow", async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return "done";
    });
    const reply = socket.invoke("slow");
    socket.emit("n", 1);
    const claimed = next.start({ timeout: 60_000 });
    const back = hear(client, "connected");
    const over = former.handOver();
    await Promise.all([claimed, over]);
    await expect(reply).resolves.toBe("done");
    const anew = (await back) as IPCSocket;
    client.socket?.emit("n", 2);
    await client.socket?.flush();
    expect(seen).toEqual([1, 2]);
    expect(lost).toEqual([]);
    expect(anew.id).toBe(socket.id);
    await Promise.all([client.disconnect(), next.stop()]);
  });

  it("takes along what was emitted after it had asked", async () => {
    const place = new TestPlace();
    const [former, next] = [await place.serve(), place.server()];
    const seen: number[] = [];
    // On a busy machine it may be asked later than it emits: then the event goes to the former server.
    for (const server of [former, next]) server.on("n", (n: number) => seen.push(n));
    const { client, socket, remote } = await place.pair(former, {
      reconnect: true,
      reconnectInterval: 20,
    });
    remote.handle("slow", () => new Promise((resolve) => setTimeout(resolve, 100)));
    const reply = socket.invoke("slow");
    const over = former.handOver();
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.emit("n", 1);
    await over;
    await reply;
    const back = hear(client, "connected");
    await next.start();
    await back;
    await client.socket?.flush();
    expect(seen).toEqual([1]);
    await Promise.all([client.disconnect(), next.stop()]);
  });

  it("has its own calls answered by a client that is to come back", async () => {
    const place = new TestPlace();
    const [former, next] = [await place.serve(), place.server()];
    const seen: unknown[] = [];
    next.on("n", (n: number) => seen.push(n));
    const { client, socket, remote } = await place.pair(former, {
      reconnect: true,
      reconnectInterval: 20,
    });
    const gate = new Gate();
    socket.handle("slow", gate.handler);
    const reply = remote.invoke("slow", "done");
    await gate.holds(1);
    const claimed = next.start({ timeout: 60_000 });
    const over = former.handOver({ timeout: 60_000 });
    await isAsked(remote, claimed);
    socket.emit("n", 1);
    const back = hear(client, "connected");
    gate.open();
    await expect(reply).resolves.toBe("done");
    await Promise.all([over, back]);
    await client.socket?.flush();
    expect(seen).toEqual([1]);
  });

  it("is not kept by a call that its client makes after it was asked", async () => {
    const place = new TestPlace();
    const [former, next] = [await place.serve(), place.server()];
    const { client, socket, remote } = await place.pair(former, {
      reconnect: true,
      reconnectInterval: 20,
    });
    const gate = new Gate();
    remote.handle("slow", gate.handler);
    remote.handle("late", () => "too late");
    const reply = socket.invoke("slow", "done");
    await gate.holds(1);
    const claimed = next.start({ timeout: 60_000 });
    const over = former.handOver({ timeout: 60_000 });
    await isAsked(remote, claimed);
    const late = socket
      .invoke("late", undefined, { timeout: 60_000 })
      .catch((error: unknown) => error);
    const back = hear(client, "connected");
    gate.open();
    await Promise.all([reply, over, back]);
    await expect(late).resolves.toMatchObject({
      code: "IPC_CALL_LOST",
      context: { event: "late", outcome: "not sent" },
    });
  });

  it("does not wait for ever for a client whose call is not answered", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote, client } = await place.pair(server);
    remote.handle("never", () => new Promise(() => undefined));
    const reply = socket.invoke("never").catch((error: { code: string }) => error.code);
    await server.handOver({ timeout: 100 });
    await expect(reply).resolves.toBe("IPC_CALL_LOST");
    expect(server.listening).toBe(false);
    await expect.poll(() => client.connected).toBe(false);
  });
});

describe("a server that hands over while some clients are away", () => {
  it("does not wait for a client that is away, and tells what is lost", async () => {
    const { faults, server, client, remote } = await faultyPair({ recoveryWindow: 60_000 });
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await Promise.all([hear(server, "disconnect"), hear(client, "disconnect")]);
    remote.emit("n", 1);
    const lost = hear(server, "lost");
    await server.handOver({ timeout: 60_000 });
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "n", data: 1 }] });
  });

  it("does not wait for a client whose connection breaks meanwhile", async () => {
    const { faults, server, client, socket, remote } = await faultyPair({ recoveryWindow: 60_000 });
    const gate = new Gate();
    remote.handle("slow", gate.handler);
    const reply = socket.invoke("slow").catch((error: { code: string }) => error.code);
    await gate.holds(1);
    const over = server.handOver({ timeout: 60_000 });
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await over;
    await client.disconnect();
    await expect(reply).resolves.toBe("IPC_CALL_LOST");
  });

  it("asks a client too that comes in meanwhile", async () => {
    const { server, client, transport } = await faultyPair();
    const gate = new Gate();
    server.use(() => gate.handler(undefined, new AbortController()));
    const late = new IPCClient("pair", { transport });
    const welcome = late.connect();
    await gate.holds(1);
    const over = server.handOver({ timeout: 60_000 });
    await hear(client, "disconnected");
    const away = hear(late, "disconnected");
    gate.open();
    await Promise.all([welcome, away, over]);
    expect(server.sockets).toEqual([]);
  });
});

describe("a server that hands over while some connections are not accepted yet", () => {
  it.each([
    ["plaintext", {}],
    ["encrypted", { password: "open sesame" }],
  ])("sends them away at once, %s, and waits for its clients alone", async (_, options) => {
    const place = new TestPlace();
    const server = await place.serve({ handshakeTimeout: 60_000, ...options });
    const { client, socket, remote } = await place.pair(server, options);
    const gate = new Gate();
    remote.handle("slow", gate.handler);
    const reply = socket.invoke("slow", "done");
    const mute = await place.rawPeer(server);
    const slow = await place.rawPeer(server);
    slow.say(preface);
    // Connections are accepted in order: then the mute one is too.
    await slow.hears("{");
    await gate.holds(1);
    const over = server.handOver({ timeout: 60_000 });
    await Promise.all([mute.closed, slow.closed]);
    expect(client.connected).toBe(true);
    gate.open();
    await Promise.all([reply, over]);
    await expect(reply).resolves.toBe("done");
  });
});

describe("a client without reconnect that is asked to leave", () => {
  it("sends what it emits until its calls are answered", async () => {
    const pair = await faultyPair({}, { reconnect: false });
    const { server, client, socket, remote } = pair;
    const gate = new Gate();
    remote.handle("slow", gate.handler);
    const news: unknown[] = [];
    client.on("lost", ({ unsent }) => news.push(unsent));
    const reply = socket.invoke("slow", "done");
    await gate.holds(1);
    const over = server.handOver({ timeout: 60_000 });
    const asked = hear(server, "asked");
    // It has been asked when its pong comes.
    remote.userPing();
    await hear(remote, "user-pong");
    socket.emit("asked", 1);
    await expect(asked).resolves.toBe(1);
    gate.open();
    await Promise.all([reply, over]);
    await expect(reply).resolves.toBe("done");
    expect(news).toEqual([]);
  });

  it("takes an absent server for absent when it connects anew", async () => {
    const { server, client } = await faultyPair({}, { reconnect: false });
    const gone = hear(client, "disconnected");
    await server.handOver();
    await gone;
    const began = performance.now();
    await expect(client.connect()).rejects.toMatchObject({ code: "ENOENT" });
    // A client that is asked to move waits for the next server for 5 s.
    expect(performance.now() - began).toBeLessThan(4_500);
  });
});

describe("start with a timeout", () => {
  it("waits for the name, and gives up in time", async () => {
    const place = new TestPlace();
    const [first, second] = [await place.serve(), place.server()];
    await expect(second.start({ timeout: 60 })).rejects.toMatchObject({ code: "EADDRINUSE" });
    const started = second.start({ timeout: 60_000 });
    await first.stop();
    await started;
    expect(second.listening).toBe(true);
    await second.stop();
  });
});
