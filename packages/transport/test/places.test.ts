import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Places } from "../src/claim-places.ts";
import { type Caller, dialSocket } from "../src/dial-socket.ts";
import type { Place } from "../src/endpoint.ts";
import { canPin } from "../src/file-facts.ts";
import { realTime } from "../src/real-time.ts";
import { SocketListener } from "../src/socket-listener.ts";
import { RecordingAcceptor } from "./acceptor.ts";

const RENEW_INTERVAL = 1_000;
const uid = process.geteuid?.() ?? -1;
const caller: Caller = { uid, owners: [uid], pins: canPin() };
const { signal } = new AbortController();

let root: string;
let acceptor: RecordingAcceptor;
let listeners: SocketListener[];
let effectiveUid: number;

/** The two directories of a user: the first comes and goes with the logins. */
let session: string;
let lasting: string;

beforeEach(() => {
  root = mkdtempSync("/tmp/ipc-");
  session = `${root}/run`;
  lasting = `${root}/tmp`;
  effectiveUid = uid;
  mkdirSync(session);
  acceptor = new RecordingAcceptor();
  listeners = [];
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(realTime, "setInterval").mockImplementation(globalThis.setInterval);
  vi.spyOn(realTime, "clearInterval").mockImplementation(globalThis.clearInterval);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const connection of acceptor.connections) connection.abort();
  await Promise.all(listeners.map((listener) => listener.close()));
  rmSync(root, { recursive: true });
});

function placeIn(directory: string): Place {
  return {
    directory,
    path: `${directory}/mail.sock`,
    claim: `${directory}/l`,
    origin: "default",
  };
}

/** The places of a process at this moment, as `resolveEndpoint` gives them. */
function locate(): Places {
  const last = placeIn(lasting);
  return existsSync(session) ? [placeIn(`${session}/ipc-eventer`), last] : [last];
}

async function listen(where: () => Places = locate): Promise<SocketListener> {
  const listener = await SocketListener.listen(where, acceptor, {
    platform: process.platform,
    uid,
    renewInterval: RENEW_INTERVAL,
    currentUid: () => effectiveUid,
  });
  listeners.push(listener);
  return listener;
}

/** The server that a client finds: the address, or the code of the error. */
async function find(): Promise<string> {
  try {
    const connection = await dialSocket(locate(), caller, signal);
    connection.abort();
    return connection.address;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Let every listener look at its places, and wait for what comes of it. */
async function look(done: () => boolean): Promise<void> {
  vi.advanceTimersByTime(RENEW_INTERVAL);
  while (!done()) await nextTurn();
}

function paths(): string[] {
  return locate().map(({ path }) => path);
}

describe("given a directory that is removed at logout and made at login", () => {
  test("has the server at both places, and leaves no file in either", async () => {
    const server = await listen();
    expect(server.address).toBe(`${session}/ipc-eventer/mail.sock`);
    expect(paths().filter((path) => existsSync(path))).toHaveLength(2);
    await server.close();
    expect([readdirSync(`${session}/ipc-eventer`), readdirSync(lasting)]).toEqual([[], []]);
  });

  test("keeps the server in reach, and the only one, at every moment", async () => {
    const server = await listen();
    rmSync(session, { recursive: true });
    expect(await find()).toBe(`${lasting}/mail.sock`);
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    mkdirSync(session);
    expect(await find()).toBe(`${lasting}/mail.sock`);
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    await look(() => existsSync(`${session}/ipc-eventer/mail.sock`));
    expect(await find()).toBe(`${session}/ipc-eventer/mail.sock`);
    expect(server.address).toBe(`${session}/ipc-eventer/mail.sock`);
    expect(acceptor.errors).toEqual([]);
  });

  test("takes the session's directory as well when it appears after the start", async () => {
    rmSync(session, { recursive: true });
    const server = await listen();
    expect(server.address).toBe(`${lasting}/mail.sock`);
    mkdirSync(session);
    await look(() => server.address === `${session}/ipc-eventer/mail.sock`);
    expect(readdirSync(`${session}/ipc-eventer`)).toHaveLength(2);
  });

  test("is told where a connection came in", async () => {
    await listen();
    rmSync(session, { recursive: true });
    await find();
    while (acceptor.connections.length === 0) await nextTurn();
    expect(acceptor.connections[0]?.address).toBe(`${lasting}/mail.sock`);
  });

  test("finds a server that had only the session's directory", async () => {
    await listen(() => [placeIn(`${session}/ipc-eventer`)]);
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(readdirSync(lasting)).toEqual([]);
  });

  test("gives the name up, and says so, when both places were swept and another has it", async () => {
    await listen();
    rmSync(session, { recursive: true });
    rmSync(lasting, { recursive: true });
    await listen();
    await look(() => acceptor.errors.length > 0);
    expect(acceptor.errors).toMatchObject([{ code: "EADDRINUSE" }]);
    await listeners[0]?.close();
    expect(await find()).toBe(`${lasting}/mail.sock`);
  });
});

describe("given a second place that cannot be used", () => {
  test.each([
    ["is a symlink", () => symlinkSync("/tmp", lasting)],
    ["is a file", () => writeFileSync(lasting, "")],
    ["is open to others", () => mkdirSync(lasting, { mode: 0o755 })],
  ])("does without it when it %s, on both sides", async (_, spoil) => {
    spoil();
    await expect(find()).resolves.toBe("ENOENT");
    await listen();
    expect(await find()).toBe(`${session}/ipc-eventer/mail.sock`);
  });

  test("takes it when it can be used again", async () => {
    symlinkSync("/tmp", lasting);
    await listen();
    rmSync(lasting);
    await look(() => existsSync(`${lasting}/mail.sock`));
    expect(acceptor.errors).toEqual([]);
  });

  test("says once that no place is left, and is back when there is one", async () => {
    symlinkSync("/tmp", lasting);
    await listen();
    renameSync(session, `${root}/away`);
    await look(() => acceptor.errors.length > 0);
    vi.advanceTimersByTime(RENEW_INTERVAL);
    mkdirSync(session);
    await look(() => existsSync(`${session}/ipc-eventer/mail.sock`));
    expect(acceptor.errors).toMatchObject([{ code: "IPC_DIRECTORY_REFUSED" }]);
  });

  test("refuses to start, and says why, when the first cannot be used either", async () => {
    mkdirSync(`${session}/ipc-eventer`);
    chmodSync(`${session}/ipc-eventer`, 0o755);
    await expect(listen()).rejects.toMatchObject({
      code: "IPC_DIRECTORY_REFUSED",
      address: `${session}/ipc-eventer`,
    });
    expect(readdirSync(lasting)).toEqual([]);
  });
});

describe("given a process that becomes another user after its server has started", () => {
  test("says once that it cannot look after its socket", async () => {
    const server = await listen();
    effectiveUid = uid + 1;
    for (let round = 0; round < 2; round++) await look(() => acceptor.errors.length > 0);
    expect(acceptor.errors).toMatchObject([
      { code: "EACCES", message: expect.stringContaining(`is user ${uid + 1} now`) as string },
    ]);
    effectiveUid = uid;
    await server.close();
  });
});
