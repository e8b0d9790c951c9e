import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Strangers } from "./strangers.ts";
import { Scene } from "../test/attacks/scene.ts";

let scene: Scene;
const sockets: Socket[] = [];

beforeEach(async () => {
  scene = await Scene.set({ handshakeTimeout: 10_000 });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await scene.end();
});

/** Connects without a word, and stays. */
async function knock(): Promise<{ readonly socket: Socket; said: string }> {
  // Half open, the socket is not closed when the server ends its side.
  const socket = connect({ path: scene.address, allowHalfOpen: true });
  const stranger = { socket, said: "" };
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (stranger.said += chunk.toString()));
  sockets.push(socket);
  await once(socket, "connect");
  return stranger;
}

describe("Strangers", () => {
  it("are answered one in a turn of the loop, and told when to ask again", async () => {
    const strangers = new Strangers();
    const peers = [{}, {}].map((peer) => peer as Parameters<Strangers["add"]>[0]);
    for (const peer of peers) strangers.add(peer);
    const [first, second] = peers.map((peer) => strangers.permit(() => peer));
    expect(first?.take(0)).toBe(0);
    expect(second?.take(0)).toBe(1);
    await new Promise(setImmediate);
    expect(second?.take(0)).toBe(0);
  });

  it("wait for the tokens of fifty answers that nobody followed up", async () => {
    const strangers = new Strangers();
    const waits: (number | undefined)[] = [];
    for (let count = 0; count < 51; count++) {
      const peer = {} as Parameters<Strangers["add"]>[0];
      strangers.add(peer);
      waits.push(strangers.permit(() => peer).take(0));
      strangers.remove(peer);
      await new Promise(setImmediate);
    }
    expect(waits).toEqual([...Array.from({ length: 50 }, () => 0), 10]);
  });
});

describe("the strangers of a server with a password", () => {
  it("are 128 at most: for each one more, one at random is told so and dropped at once", async () => {
    const strangers = await Promise.all(Array.from({ length: 200 }, () => knock()));
    const dropped = (): number => strangers.filter(({ said }) => said !== "").length;
    await vi.waitFor(() => expect(dropped()).toBe(72));
    for (const { said } of strangers) {
      expect(said).toMatch(/^(\{"error":"IPC_TOO_MANY_HANDSHAKES"\}\n)?$/);
    }
    // The server has let go of them although none has closed its side.
    await vi.waitFor(() => expect(scene.errors.length).toBe(72));
    expect(new Set(scene.errors)).toEqual(new Set(["IPC_TOO_MANY_HANDSHAKES"]));
  });

  it("leave room for whoever proves the password, and take none from them", async () => {
    await Promise.all(Array.from({ length: 127 }, () => knock()));
    const client = scene.client();
    const socket = await client.connect();
    await Promise.all(Array.from({ length: 100 }, () => knock()));
    await vi.waitFor(() => expect(scene.errors.length).toBe(99));
    expect(socket.connected).toBe(true);
  });

  it("do not hold up a server that stops, though they never close their side", async () => {
    await Promise.all(Array.from({ length: 10 }, () => knock()));
    const begin = performance.now();
    await scene.server.stop();
    expect(performance.now() - begin).toBeLessThan(2_500);
  });

  it("make room when they leave", async () => {
    const strangers = await Promise.all(Array.from({ length: 128 }, () => knock()));
    for (const { socket } of strangers) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await Promise.all(Array.from({ length: 128 }, () => knock()));
    await scene.client(undefined, { reconnect: true }).connect();
    expect(scene.errors.length).toBeLessThanOrEqual(5);
  });
});
