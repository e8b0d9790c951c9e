import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RecordingAcceptor } from "../test/acceptor.ts";
import { record } from "../test/recorder.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { createNodeTransport, DEFAULT_RENEW_INTERVAL } from "./node-transport.ts";
import { realTime } from "./real-time.ts";
import type { Listener, Transport } from "./transport.ts";

let root: string;
let directory: string;
let transport: Transport;
let acceptor: RecordingAcceptor;
let listeners: Listener[];

beforeEach(() => {
  root = mkdtempSync("/tmp/ipc-");
  directory = `${root}/d`;
  transport = createNodeTransport({ readEnvironment: testEnvironment(directory) });
  acceptor = new RecordingAcceptor();
  listeners = [];
});

afterEach(async () => {
  for (const connection of acceptor.connections) connection.abort();
  await Promise.all(listeners.map((listener) => listener.close()));
  rmSync(root, { recursive: true });
});

async function listen(name = "mail"): Promise<Listener> {
  const listener = await transport.listen(name, acceptor);
  listeners.push(listener);
  return listener;
}

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o777;
}

/** Let every listener look at its place, and wait for what comes of it. */
async function look(done: () => boolean): Promise<void> {
  vi.advanceTimersByTime(DEFAULT_RENEW_INTERVAL);
  while (!done()) await nextTurn();
}

describe("given a sweeper of temporary directories", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    vi.spyOn(realTime, "setInterval").mockImplementation(globalThis.setInterval);
    vi.spyOn(realTime, "clearInterval").mockImplementation(globalThis.clearInterval);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("publishes anew what was swept, even with the directory", async () => {
    const { address } = await listen();
    rmSync(address);
    await look(() => existsSync(address));
    rmSync(directory, { recursive: true });
    await look(() => existsSync(address));
    expect(modeOf(address)).toBe(0o600);
    const heard = record(await transport.dial("mail"));
    acceptor.connections[0]?.abort();
    await heard.untilClosed();
    expect(acceptor.errors).toEqual([]);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  test("leaves alone what was not swept", async () => {
    const { address } = await listen();
    const swept = (await listen("other")).address;
    const before = lstatSync(address);
    rmSync(swept);
    // Publishing anew takes longer than a look at what is intact.
    await look(() => existsSync(swept));
    const after = lstatSync(address);
    expect([after.ino, after.ctimeMs]).toEqual([before.ino, before.ctimeMs]);
  });

  test("gives up, and says so, when another has taken its place meanwhile", async () => {
    const { address } = await listen();
    rmSync(directory, { recursive: true });
    const successor = await listen();
    const { ino } = lstatSync(address);
    await look(() => acceptor.errors.length > 0);
    expect(acceptor.errors).toMatchObject([{ code: "EADDRINUSE" }]);
    vi.advanceTimersByTime(DEFAULT_RENEW_INTERVAL);
    await listeners[0]?.close();
    expect(lstatSync(successor.address).ino).toBe(ino);
  });

  test("says what keeps it from looking, and goes on", async () => {
    const { address } = await listen();
    chmodSync(directory, 0o777);
    await look(() => acceptor.errors.length > 0);
    expect(acceptor.errors).toMatchObject([{ code: "IPC_DIRECTORY_REFUSED" }]);
    chmodSync(directory, 0o700);
    rmSync(address);
    await look(() => existsSync(address));
  });
});
