import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter, getEventListeners, on, once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { IPCClient, type IPCServerSocket, type IPCSocket } from "../src/index.ts";
import { hear } from "./hear.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

const ignore = (): void => undefined;

async function pair(): Promise<{ socket: IPCSocket; remote: IPCServerSocket; place: TestPlace }> {
  const place = new TestPlace();
  const server = await place.serve();
  return { ...(await place.pair(server)), place };
}

/** Emit events to a socket and wait until the last has come. */
async function send(from: IPCSocket, to: IPCSocket, ...events: string[]): Promise<void> {
  const done = hear(to, "done");
  for (const [index, event] of events.entries()) from.emit(event, index);
  from.emit("done");
  await done;
}

describe("a listener with a signal", () => {
  it("is taken off when the signal is aborted, and not attached when it is already", async () => {
    const { socket, remote } = await pair();
    const heard: unknown[] = [];
    const [first, second] = [new AbortController(), new AbortController()];
    const note = (data: unknown): void => void heard.push(data);
    socket.on("x", note, { signal: first.signal });
    socket.on("x", note, { signal: second.signal });
    socket.once("y", note, { signal: first.signal });
    socket.onAny(note, { signal: first.signal });
    for (const how of ["on", "once"] as const)
      socket[how]("x", note, { signal: AbortSignal.abort() });
    socket.onAny(note, { signal: AbortSignal.abort() });
    first.abort();
    await send(remote, socket, "x", "y");
    expect(heard).toEqual([0]);
    second.abort();
    expect(socket.listenerCount("x")).toBe(0);
  });

  it("leaves the signal when it is taken off, was heard once, or its session is over", async () => {
    const { socket, remote } = await pair();
    const { signal } = new AbortController();
    const left = (): number => getEventListeners(signal, "abort").length;
    for (let round = 0; round < 3; round++) {
      socket.on("x", ignore, { signal });
      socket.onAny(ignore, { signal });
    }
    socket.once("y", ignore, { signal });
    socket.once("z", ignore, { signal });
    expect(left()).toBe(1);
    for (let round = 0; round < 3; round++) {
      socket.off("x", ignore);
      socket.offAny(ignore);
    }
    expect(left()).toBe(1);
    await send(remote, socket, "y");
    expect(left()).toBe(1);
    socket.off("never attached", ignore);
    const gone = hear(socket, "disconnect");
    remote.disconnect();
    await gone;
    expect(left()).toBe(0);
  });
});

describe("a listener of every event", () => {
  it("hears the peer's events behind their own listeners, and nothing of the library's", async () => {
    const { socket, remote } = await pair();
    const heard: unknown[] = [];
    socket.on("a", () => heard.push("own"));
    socket.onAny((event, data) => heard.push([event, data]));
    const pong = hear(socket, "user-pong");
    socket.userPing();
    await pong;
    await send(remote, socket, "a");
    const gone = hear(socket, "disconnect");
    remote.disconnect();
    await gone;
    expect(heard).toEqual(["own", ["a", 0], ["done", undefined]]);
  });

  it("is taken off once for each time it was attached", async () => {
    const { socket, remote } = await pair();
    let heard = 0;
    const count = (): number => ++heard;
    socket.onAny(count).onAny(count).offAny(count).offAny(ignore);
    await send(remote, socket);
    socket.offAny(count);
    await send(remote, socket);
    expect(heard).toBe(1);
  });
});

describe("off", () => {
  it("takes off what once attached, in any number", async () => {
    const { socket, remote } = await pair();
    let heard = 0;
    const count = (): number => ++heard;
    socket.once("x", count).once("x", count).on("x", count).off("x", count).off("x", count);
    await send(remote, socket, "x", "x");
    expect([heard, socket.listenerCount("x")]).toEqual([1, 0]);
  });
});

// Their types ask for a whole EventEmitter; what they use of one is there.
function emitterOf(socket: IPCSocket): EventEmitter {
  return socket as unknown as EventEmitter;
}

describe("once and on of node:events", () => {
  it("wait for events of a socket and leave nothing behind", async () => {
    const { socket, remote } = await pair();
    const first = once(emitterOf(socket), "x");
    remote.emit("x", 7);
    expect(await first).toEqual([7]);
    const controller = new AbortController();
    const aborted = once(emitterOf(socket), "x", { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(["x", "error"].map((event) => socket.listenerCount(event))).toEqual([0, 0]);
  });

  it("iterate over them", async () => {
    const { socket, remote } = await pair();
    const heard: unknown[] = [];
    const events = on(emitterOf(socket), "n");
    for (let n = 0; n < 5; n++) remote.emit("n", n);
    for await (const [n] of events) {
      heard.push(n);
      if (n === 4) break;
    }
    expect(heard).toEqual([0, 1, 2, 3, 4]);
    expect(["n", "error"].map((event) => socket.listenerCount(event))).toEqual([0, 0]);
  });

  it("end with the error of a socket", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxMessageBytes: 20_000 });
    const { socket } = await place.pair(server);
    const waiting = once(emitterOf(socket), "never");
    socket.emit("x", "x".repeat(20_000));
    await expect(waiting).rejects.toMatchObject({ code: "IPC_MESSAGE_TOO_LARGE" });
    expect(socket.listenerCount("never")).toBe(0);
  });
});

describe("the async context of listeners and handlers", () => {
  it("is that of the code that attached them, on sockets, servers and clients", async () => {
    const storage = new AsyncLocalStorage<string>();
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    const heard: unknown[] = [];
    const note = (): void => void heard.push(storage.getStore());
    storage.run("server", () => server.on("x", note));
    storage.run("remote", () => remote.on("x", note));
    storage.run("client", () => client.on("x", note));
    storage.run("socket", () => socket.on("x", note));
    storage.run("any", () => socket.onAny(note));
    storage.run("handler", () => server.handle("ask", () => storage.getStore()));
    await storage.run("emit", async () => {
      expect(await socket.invoke("ask")).toBe("handler");
      expect(storage.getStore()).toBe("emit");
      socket.emit("x");
      remote.emit("x");
    });
    while (heard.length < 5) await turn();
    expect(heard.map(String).toSorted()).toEqual(["any", "client", "remote", "server", "socket"]);
  });
});

describe("an event that comes with the welcome in one write", () => {
  it("is not missed by `on` behind `await client.connect()`", async () => {
    const place = new TestPlace();
    await serveRaw(place, (peer) => {
      peer.say(`${welcome}["early",1]\n[1,"ask"]\n["early",2]\n`);
    });
    const client = new IPCClient("meet", { directory: place.directory });
    place.finally(() => client.disconnect());
    const socket = await client.connect();
    const heard: unknown[] = [];
    socket.on("early", (data) => heard.push(data));
    const asked = new Promise((resolve) => socket.handle("ask", resolve));
    await asked;
    while (heard.length < 2) await turn();
    expect(heard).toEqual([1, 2]);
  });
});
