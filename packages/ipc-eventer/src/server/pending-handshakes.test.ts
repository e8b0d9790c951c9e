import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PendingConnection, PendingHandshakes } from "./pending-handshakes.ts";
import * as encryption from "../encryption-code.ts";
import { RefusedError } from "../errors.ts";
import { Scene } from "../../test/attacks/scene.ts";

/** Numbers from 0 up to, not including, 1, the same each time: the fractions of multiples of the golden ratio. */
function evenly(): () => number {
  let value = 0;
  return () => (value = (value + 0.618_033_988_75) % 1);
}

let scene: Scene;
const sockets: Socket[] = [];
/** The codes of the errors on the diagnostics channel. */
const published: unknown[] = [];

function keep(message: unknown): void {
  published.push((message as { error: { code: unknown } }).error.code);
}

beforeEach(async () => {
  scene = await Scene.set({ handshakeTimeout: 5_000 });
  subscribe("ipc-eventer:error", keep);
});

afterEach(async () => {
  unsubscribe("ipc-eventer:error", keep);
  published.length = 0;
  for (const socket of sockets.splice(0)) socket.destroy();
  await scene.end();
});

/** Connects, says nothing, and stays. */
async function connectSilently(): Promise<{ readonly socket: Socket; said: string }> {
  // Half open, the socket is not closed when the server ends its side.
  const socket = connect({ path: scene.address, allowHalfOpen: true });
  const connection = { socket, said: "" };
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (connection.said += chunk.toString()));
  sockets.push(socket);
  await once(socket, "connect");
  return connection;
}

/** A connection that is not accepted yet, and the codes with which it was turned away. */
interface Newcomer {
  readonly peer: PendingConnection & { phase: string };
  readonly refusals: unknown[];
}

function newcomer(): Newcomer {
  const refusals: unknown[] = [];
  const refuse = ({ code }: { code: unknown }): void => void refusals.push(code);
  return { peer: { phase: "accepting", refuse }, refusals };
}

describe("PendingHandshakes", () => {
  it("are answered one in a turn of the loop, and told when to ask again", async () => {
    const pending = new PendingHandshakes(5_000);
    const peers = [newcomer().peer, newcomer().peer];
    for (const peer of peers) pending.add(peer, encryption);
    const [first, second] = peers.map((peer) => pending.permit(() => peer));
    expect(first?.take(0)).toBe(0);
    expect(second?.take(0)).toBe(1);
    await new Promise(setImmediate);
    expect(second?.take(0)).toBe(0);
  });

  it("are refused at once when fifty answers without a proof have spent the tokens", async () => {
    const pending = new PendingHandshakes(5_000);
    const told: boolean[] = [];
    for (let count = 0; count < 52; count++) {
      const { peer, refusals } = newcomer();
      pending.add(peer, encryption);
      pending.permit(() => peer).take(0);
      await new Promise(setImmediate);
      told.push(refusals.length > 0);
      pending.remove(peer);
    }
    expect(told).toEqual([...Array.from({ length: 50 }, () => false), true, true]);
  });

  it("accept each attempt of an honest client with 10 / 500 while 500 a second stop after their preface", async () => {
    const pending = new PendingHandshakes(5_000);
    const random = evenly();
    const answered: { readonly peer: PendingConnection; readonly until: number }[] = [];
    const attempt = async (now: number): Promise<boolean> => {
      while ((answered[0]?.until ?? Infinity) <= now) pending.remove(answered.shift()!.peer);
      const { peer, refusals } = newcomer();
      pending.add(peer, encryption);
      const isAnswered = pending.permit(() => peer).take(now) === 0;
      await new Promise((resolve) => {
        if (isAnswered) setImmediate(resolve);
        else process.nextTick(resolve);
      });
      if (isAnswered) answered.push({ peer, until: now + 5_000 });
      expect(refusals).toEqual(isAnswered ? [] : ["IPC_TOO_MANY_HANDSHAKES"]);
      return isAnswered;
    };
    let [attempts, answers] = [0, 0];
    for (let now = 0; now < 16_000; now += 4 * random()) {
      // The burst is gone by then; one in ten is honest, and does not differ so far.
      const isHonest = now > 6_000 && random() < 0.1;
      const isAnswered = await attempt(now);
      if (isHonest) attempts++;
      if (isHonest && isAnswered) answers++;
    }
    const share = answers / attempts;
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.05);
  });

  it("are 1,024 at most without a password: the one without a hello for longest is refused", () => {
    const pending = new PendingHandshakes(5_000);
    const all = Array.from({ length: 1_026 }, () => newcomer());
    pending.add(all[0]!.peer, undefined);
    pending.greet(all[0]!.peer);
    for (const { peer } of all.slice(1)) pending.add(peer, undefined);
    const refused = all.flatMap(({ refusals }, index) => refusals.map((code) => [index, code]));
    // The first has said its hello, and waits for the application to decide.
    expect(refused).toEqual([
      [1, "IPC_TOO_MANY_HANDSHAKES"],
      [2, "IPC_TOO_MANY_HANDSHAKES"],
    ]);
  });

  it("are refused at once while the application decides about 1,024", () => {
    const pending = new PendingHandshakes(5_000);
    const all = Array.from({ length: 1_024 }, () => newcomer());
    for (const { peer } of all) {
      pending.add(peer, undefined);
      pending.greet(peer);
    }
    const late = newcomer();
    pending.add(late.peer, undefined);
    expect([late.refusals.length, all.flatMap(({ refusals }) => refusals)]).toEqual([1, []]);
    pending.accept(all[0]!.peer);
    const next = newcomer();
    pending.add(next.peer, undefined);
    expect(next.refusals).toEqual([]);
  });

  it("keep their places while middleware decides about them, also when they are gone, until it has", () => {
    const pending = new PendingHandshakes(5_000);
    const all = Array.from({ length: 1_024 }, () => newcomer());
    for (const { peer } of all) {
      pending.add(peer, undefined);
      pending.greet(peer);
      pending.beginDecision(peer);
    }
    const [gone, there] = [all[0]!, all[1]!];
    gone.peer.phase = "closed";
    pending.remove(gone.peer);
    const late = newcomer();
    pending.add(late.peer, undefined);
    expect(late.refusals).toEqual(["IPC_TOO_MANY_HANDSHAKES"]);
    pending.endDecision(gone.peer);
    const next = newcomer();
    pending.add(next.peer, undefined);
    expect(next.refusals).toEqual([]);
    // A client that middleware has refused and that does not close is ended first.
    pending.endDecision(there.peer);
    there.peer.phase = "closing";
    pending.add(newcomer().peer, undefined);
    expect([there.refusals, next.refusals]).toEqual([["IPC_TOO_MANY_HANDSHAKES"], []]);
  });

  it("that were refused, and do not end their connections, make room for others first", () => {
    const pending = new PendingHandshakes(5_000);
    const all = Array.from({ length: 1_024 }, () => newcomer());
    for (const [index, { peer }] of all.entries()) {
      pending.add(peer, undefined);
      if (index > 0) pending.greet(peer);
    }
    all[500]!.peer.phase = "closing";
    const late = newcomer();
    pending.add(late.peer, undefined);
    expect([all[500]!, all[0]!, late].map(({ refusals }) => refusals.length)).toEqual([1, 0, 0]);
  });
});

describe("the connections that the middleware of a server refuses", () => {
  it(
    "keep no place although they do not end their connections, so that honest clients get in",
    {
      timeout: 30_000,
    },
    async () => {
      await scene.end();
      scene = await Scene.set({ password: undefined, closeTimeout: 60_000 });
      scene.server.use((_, { name }) => {
        if (name === "refused") throw new RefusedError("not you");
      });
      const opening = '{"ipc":[1],"role":"client","mode":"plain"}\n{"hello":{"name":"refused"}}\n';
      // Not more at a time than wait for the system.
      for (let crowd = 0; crowd < 11; crowd++) {
        const connections = await Promise.all(Array.from({ length: 100 }, () => connectSilently()));
        for (const { socket } of connections) socket.write(opening);
        const answered = (): boolean =>
          connections.every(({ said }) => /not you|TOO_MANY/.test(said));
        await vi.waitFor(() => expect(answered()).toBe(true), { timeout: 10_000 });
      }
      const socket = await scene.client(undefined, { password: undefined }).connect();
      expect(socket.connected).toBe(true);
    },
  );
});

describe("the pending connections of a server with a password", () => {
  it("are 128 at most: for each one more, one at random gets the error and is closed at once", async () => {
    const connections = await Promise.all(Array.from({ length: 200 }, () => connectSilently()));
    const dropped = (): number => connections.filter(({ said }) => said !== "").length;
    await vi.waitFor(() => expect(dropped()).toBe(72), { timeout: 60_000 });
    for (const { said } of connections) {
      expect(said).toMatch(
        /^(\{"bye":\{"reason":"unavailable","error":"IPC_TOO_MANY_HANDSHAKES"\}\}\n)?$/,
      );
    }
    // The server has let go of them although none has closed its side.
    await vi.waitFor(() => expect(published.length).toBe(72), { timeout: 60_000 });
    expect(new Set(published)).toEqual(new Set(["IPC_TOO_MANY_HANDSHAKES"]));
  });

  it("are one error for all that were refused within a second", async () => {
    const counts: number[] = [];
    scene.server.on("error", (error) => {
      const { code, context } = error as Error & { code: string; context: { count: number } };
      if (code === "IPC_TOO_MANY_HANDSHAKES") counts.push(context.count);
    });
    const told = (): number => counts.reduce((sum, count) => sum + count, 0);
    const begin = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => connectSilently()));
    await vi.waitFor(() => expect(told()).toBe(72), { timeout: 60_000 });
    const seconds = (performance.now() - begin) / 1_000;
    expect(counts.length).toBeLessThanOrEqual(Math.ceil(seconds));
    // The refusals of the last second are reported when the server stops.
    await Promise.all(Array.from({ length: 3 }, () => connectSilently()));
    await vi.waitFor(() => expect(published.length).toBeGreaterThanOrEqual(75), {
      timeout: 60_000,
    });
    await scene.server.stop();
    expect(told()).toBe(75);
  });

  it("are more where they have more time than 5 seconds, so that guessers cannot keep all places", async () => {
    await scene.end();
    scene = await Scene.set({ handshakeTimeout: 6_000 });
    await Promise.all(Array.from({ length: 150 }, () => connectSilently()));
    await vi.waitFor(() => expect(published.length).toBe(150 - 138), { timeout: 60_000 });
  });

  it("leave room for clients that prove the password, and take none from them", async () => {
    await Promise.all(Array.from({ length: 127 }, () => connectSilently()));
    const client = scene.client();
    const socket = await client.connect();
    await Promise.all(Array.from({ length: 100 }, () => connectSilently()));
    await vi.waitFor(() => expect(published.length).toBe(99), { timeout: 60_000 });
    expect(socket.connected).toBe(true);
  });

  it("do not hold up a server that stops, though they never close their side", async () => {
    await Promise.all(Array.from({ length: 10 }, () => connectSilently()));
    const begin = performance.now();
    await scene.server.stop();
    expect(performance.now() - begin).toBeLessThan(4_500);
  });

  it("make room when they leave", async () => {
    let closed = 0;
    const count = (message: unknown): void => {
      if ((message as { state: unknown }).state === "closed") closed++;
    };
    subscribe("ipc-eventer:connection", count);
    const connections = await Promise.all(Array.from({ length: 128 }, () => connectSilently()));
    for (const { socket } of connections) socket.destroy();
    await vi.waitFor(() => expect(closed).toBe(128), { timeout: 60_000 });
    unsubscribe("ipc-eventer:connection", count);
    await Promise.all(Array.from({ length: 128 }, () => connectSilently()));
    await scene.client(undefined, { reconnect: true }).connect();
    expect(published.length).toBeLessThanOrEqual(5);
  });
});
