import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IPCClient } from "../../src/index.ts";
import { Attacker, type Measures } from "./attacker.ts";

let directory: string;
const attackers: Attacker[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ipc-crowd-"));
});

afterEach(async () => {
  for (const attacker of attackers.splice(0)) attacker.kill();
  await rm(directory, { recursive: true, force: true });
});

function start(program: string, ...args: readonly string[]): Attacker {
  const attacker = new Attacker(program, ...args);
  attackers.push(attacker);
  return attacker;
}

async function serve(password?: string): Promise<[Attacker, address: string]> {
  const server = start("server.mjs", directory, ...(password === undefined ? [] : [password]));
  return [server, ((await server.says()) as { address: string }).address];
}

function newClient(password: string | undefined, options = {}): IPCClient {
  const ours = password === undefined ? {} : { password };
  return new IPCClient("vault", { directory, ...ours, ...options });
}

/** Lets 100 clients connect at once, and tells how long that took and what it did to the server. */
async function crowd(password?: string): Promise<Measures & { readonly took: number }> {
  const [server] = await serve(password);
  // The code of both sides is compiled before the clock runs.
  const first = newClient(password);
  await first.connect();
  await server.measures("reset");
  const clients = Array.from({ length: 100 }, () => newClient(password));
  const begin = performance.now();
  await Promise.all(clients.map((client) => client.connect()));
  const took = performance.now() - begin;
  const measures = await server.measures();
  await Promise.all([first, ...clients].map((client) => client.disconnect()));
  server.kill();
  return { ...measures, took };
}

describe("a hundred clients that connect at once", () => {
  // Other processes of a busy machine hold the loop too: then measure again.
  it(
    "all get in, with a password as without, and the server's loop is not held by all of them together",
    { retry: 2, timeout: 30_000 },
    async () => {
      const plain = await crowd();
      const sealed = await crowd("open sesame");
      const told = [plain, sealed].map(({ p99, max, took }) =>
        [p99, max, took].map((ms) => ms.toFixed(0)).join(" / "),
      );
      process.stdout.write(
        `loop delay p99 / max / all in, ms: plain ${told[0]}, sealed ${told[1]}\n`,
      );
      expect(sealed.codes).toEqual({});
      // In one piece, a hundred handshakes held the loop for 280 ms.
      expect(sealed.max).toBeLessThan(plain.max + 150);
      expect(sealed.took).toBeLessThan(30_000);
    },
  );
});

async function visit(): Promise<void> {
  const client = newClient("open sesame", { reconnect: true });
  await client.connect({ timeout: 60_000 });
  await client.disconnect();
}

describe("a process that only opens connections", () => {
  // By hand with IPC_TEST_HALF_OPEN=5000: 10,000 connections, the server goes from 61 to 86 MiB.
  const each = Number(process.env["IPC_TEST_HALF_OPEN"] ?? 500);

  it("takes little of the server's memory, and no place for long", async () => {
    const [server, address] = await serve("open sesame");
    await visit();
    const before = await server.measures("reset");
    const openers = [1, 2].map(() => start("half-open.mjs", address, String(each)));
    await Promise.all(openers.map((opener) => opener.says()));
    const after = await server.measures();
    process.stdout.write(
      `${2 * each} half-open connections: ${before.rss} -> ${after.rss} MiB, loop delay max ${after.max.toFixed(0)} ms\n`,
    );
    expect(after.rss - before.rss).toBeLessThan(100);
    const dropped = async (): Promise<void> => {
      const { codes } = await server.measures();
      // Some reach their deadline on a busy machine.
      const { IPC_TOO_MANY_HANDSHAKES: refused = 0, IPC_HANDSHAKE_TIMEOUT: late = 0 } = codes;
      expect(refused + late).toBeGreaterThanOrEqual(2 * each - 128);
    };
    // `error` tells of them once a second.
    await vi.waitFor(dropped, { timeout: 60_000, interval: 200 });
    await visit();
  });
});

describe("a flood of 500 prefaces a second", () => {
  // Ten tokens a second come back and 500 connections a second want them: an attempt of an honest client
  // succeeds with 10 / 500 = 2 %. Fifty connections keep flights until their deadline of 5 s, the other
  // 78 places are drawn from: who waits there is displaced after 79 / 500 s on the average and comes
  // again after 50 to 100 ms, four times a second. So half of the clients are in after some 8 s, and
  // 1 in 3 within the 5 s that connect() is patient.
  // By hand with IPC_TEST_FLOOD_SECONDS=30, 10 of 10 clients with `reconnect` were in before it ended.
  const seconds = Number(process.env["IPC_TEST_FLOOD_SECONDS"] ?? 4);

  it("delays honest clients and does not lock them out", async () => {
    const [server, address] = await serve("open sesame");
    const flood = start("flood.mjs", address, "500", String(seconds));
    await flood.says();
    // The bucket's burst is gone after that.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.measures("reset");
    const waits: number[] = [];
    const clients = Array.from({ length: 10 }, () => newClient("open sesame", { reconnect: true }));
    const begin = performance.now();
    const connected = clients.map(async (client) => {
      client.on("error", () => undefined);
      await client.connect();
      waits.push(performance.now() - begin);
    });
    await flood.says();
    const during = waits.length;
    const measures = await server.measures();
    await Promise.all(connected);
    process.stdout.write(
      `${during} of 10 honest clients got in during ${seconds} s of flood, the last ${((waits.at(-1) ?? 0) / 1000).toFixed(1)} s after it had begun; loop delay p99 ${measures.p99.toFixed(0)} ms\n`,
    );
    await Promise.all(clients.map((client) => client.disconnect()));
  }, 120_000);
});
