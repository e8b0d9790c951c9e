import { readdirSync, rmSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { IPCClient, IPCServer, type IPCServerSocket } from "../src/index.ts";
import { hear } from "./hear.ts";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";

interface Line {
  readonly n: number;
}

const password = "correct horse battery staple";

/** The numbers that a server hears of a client which emits and ends. */
async function heardOfClient(how: string, count = 10, size = 10, env = {}): Promise<number[]> {
  const place = new TestPlace();
  const options = "PASSWORD" in env ? { password } : {};
  const server = new IPCServer("exit", { directory: place.directory, ...options });
  await server.start();
  place.finally(() => server.stop());
  const heard: number[] = [];
  server.on("line", (line: Line) => heard.push(line.n));
  server.on("ask", (_: unknown, socket: IPCServerSocket) => socket.emit("now"));
  const gone = hear(server, "disconnected");
  const program = new Program("exit.mjs", {
    args: ["client", how, String(count), String(size)],
    env: { PLACE: place.directory, ...env },
  });
  await gone;
  await program.ended;
  return heard;
}

/** The numbers that a client hears of a server which emits and ends. */
async function heardOfServer(side: string, how: string, env = {}): Promise<number[]> {
  const place = new TestPlace();
  const program = new Program("exit.mjs", {
    args: [side, how, "10", "10"],
    env: { PLACE: place.directory, ...env },
  });
  await program.report();
  const options = "PASSWORD" in env ? { password } : {};
  const client = new IPCClient("exit", { directory: place.directory, ...options });
  client.on("error", () => undefined);
  const heard: number[] = [];
  client.on("line", (line: Line) => heard.push(line.n));
  const gone = hear(client, "disconnect");
  (await client.connect()).emit("ready");
  await gone;
  await program.ended;
  // A server that ends so leaves its socket to the next one.
  for (const left of readdirSync(place.directory)) {
    rmSync(`${place.directory}/${left}`, { recursive: true });
  }
  return heard;
}

const ten = Array.from({ length: 10 }, (_, n) => n);

/** The events heard of processes that end in different ways, all at the same time. */
async function inAllWays<W>(
  ways: readonly W[],
  heardOf: (way: W) => Promise<number[]>,
): Promise<(readonly [W, number[]])[]> {
  return Promise.all(ways.map(async (way) => [way, await heardOf(way)] as const));
}

describe("what was emitted in the tick in which the process ends", () => {
  it.each([
    ["from a client", ["exit", "throw", "within a listener", "within exit"]],
    ["from a worker thread", ["exit", "throw", "within a listener", "ends by itself"]],
  ])("arrives %s", async (side, ways) => {
    const worker = side === "from a worker thread" ? "worker " : "";
    const heard = await inAllWays(ways, (how) => heardOfClient(`${worker}${how}`));
    expect(heard).toEqual(ways.map((how) => [how, ten]));
  });

  it("arrives encrypted", async () => {
    const ways = ["exit", "worker exit"];
    const env = { PASSWORD: password };
    const heard = await inAllWays(ways, (how) => heardOfClient(how, 10, 10, env));
    expect(heard).toEqual(ways.map((how) => [how, ten]));
  });

  it.each([{}, { PASSWORD: password }])("arrives from a server, given %j", async (env) => {
    const ways = [
      ["server", "exit"],
      ["server", "throw"],
      ["broadcast", "exit"],
      ["broadcast", "within exit"],
    ] as const;
    const heard = await inAllWays(ways, ([side, how]) => heardOfServer(side, how, env));
    expect(heard).toEqual(ways.map((way) => [way, ten]));
  });

  it("arrives in order and without a gap as far as the system takes it at once", async () => {
    const heard = await heardOfClient("exit", 1_000, 1_000);
    // 64 KiB fit into the socket of every system.
    expect(heard.length).toBeGreaterThan(50);
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, n) => n));
  });
});

describe("the listener of the process's exit", () => {
  it("is one for all sockets, and there only while one has a connection", async () => {
    const none = process.listenerCount("exit");
    const place = new TestPlace();
    const server = await place.serve();
    expect(process.listenerCount("exit")).toBe(none);
    const { client } = await place.pair(server);
    const other = await place.pair(server);
    expect(process.listenerCount("exit")).toBe(none + 1);
    await client.disconnect();
    expect(process.listenerCount("exit")).toBe(none + 1);
    await other.client.disconnect();
    await vi.waitFor(() => expect(process.listenerCount("exit")).toBe(none), 60_000);
  });
});
