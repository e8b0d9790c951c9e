import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RecordingAcceptor } from "../test/acceptor.ts";
import { leaveDeadSocket } from "../test/dead-socket.ts";
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

async function listen(name = "mail", options = {}, by = transport): Promise<Listener> {
  const listener = await by.listen(name, acceptor, options);
  listeners.push(listener);
  return listener;
}

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o777;
}

describe("given nothing yet", () => {
  test("makes a private directory and a private socket", async () => {
    const { address } = await listen();
    expect(address).toBe(`${directory}/mail.sock`);
    expect(modeOf(directory)).toBe(0o700);
    expect(modeOf(address)).toBe(0o600);
  });

  test("gives the socket the wished mode", async () => {
    expect(modeOf((await listen("mail", { mode: 0o666 })).address)).toBe(0o666);
  });

  test("leaves no file after a close", async () => {
    const listener = await listen();
    expect(readdirSync(directory)).toHaveLength(2);
    await listener.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("gives different names different owners, and one name one of many", async () => {
    await listen("one");
    const tries = Array.from({ length: 12 }, () => listen("two"));
    const outcomes = await Promise.allSettled(tries);
    const codes = outcomes.map((outcome) =>
      outcome.status === "rejected" ? (outcome.reason as { code: string }).code : "listening",
    );
    expect(codes.toSorted()).toEqual([...Array<string>(11).fill("EADDRINUSE"), "listening"]);
    expect(readdirSync(directory)).toHaveLength(4);
  });

  test("serves an absolute path in a sticky directory", async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o1777);
    expect((await listen(`${directory}/a.socket`)).address).toBe(`${directory}/a.socket`);
  });
});

describe("given what others left", () => {
  beforeEach(() => {
    mkdirSync(directory, { mode: 0o700 });
  });

  test("replaces a dead socket", async () => {
    await leaveDeadSocket(`${directory}/mail.sock`);
    const { address } = await listen();
    const heard = record(await transport.dial("mail"));
    acceptor.connections[0]?.abort();
    await heard.untilClosed();
    expect(existsSync(address)).toBe(true);
  });

  test.each([
    ["a file", (path: string) => writeFileSync(path, "")],
    ["a directory", (path: string) => mkdirSync(path)],
    ["a symlink", (path: string) => symlinkSync("/tmp", path)],
  ])("refuses to replace %s, and withdraws", async (_, create) => {
    create(`${directory}/mail.sock`);
    await expect(listen()).rejects.toMatchObject({
      code: "IPC_NOT_A_SOCKET",
      message: expect.stringContaining("Move it away") as string,
    });
    expect(readdirSync(directory)).toEqual(["mail.sock"]);
  });

  test("says which directory is missing, and not to start the server", async () => {
    for (const [name, options, missing] of [
      ["app", { directory: `${directory}/absent/run` }, `${directory}/absent`],
      [`${directory}/absent/a.sock`, {}, `${directory}/absent`],
    ] as const) {
      await expect(createNodeTransport().listen(name, acceptor, options)).rejects.toMatchObject({
        code: "ENOENT",
        message: expect.stringContaining(
          `the directory ${missing} does not exist. Create it`,
        ) as string,
      });
    }
  });

  test("refuses a foreign file inside the claim, and withdraws", async () => {
    const { address } = await listen();
    const claim = readdirSync(directory).find((file) => file.endsWith(".l"))!;
    await listeners.pop()?.close();
    mkdirSync(`${directory}/${claim}`);
    writeFileSync(`${directory}/${claim}/note`, "");
    await expect(listen()).rejects.toMatchObject({ code: "IPC_NOT_A_SOCKET" });
    rmSync(`${directory}/${claim}`, { recursive: true });
    writeFileSync(`${directory}/${claim}`, "");
    await expect(listen()).rejects.toMatchObject({ code: "ENOTDIR", address });
    expect(readdirSync(directory)).toEqual([claim]);
  });

  test("does not replace a living server that publishes by other means", async () => {
    const other = await listen(`${root}/elsewhere`);
    linkSync(other.address, `${directory}/mail.sock`);
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(readdirSync(directory)).toEqual(["mail.sock"]);
  });
});

describe("given a path through `..` behind a symlink", () => {
  beforeEach(() => {
    mkdirSync(`${root}/real/deep`, { recursive: true });
    symlinkSync(`${root}/real/deep`, `${root}/link`);
  });

  test("has the claim beside the socket, in the directory that the system means and that was checked", async () => {
    const { address } = await listen(`${root}/link/../a.sock`);
    expect(address).toBe(`${root}/real/a.sock`);
    expect(readdirSync(`${root}/real`)).toHaveLength(3);
    expect(readdirSync(root).toSorted()).toEqual(["link", "real"]);
    (await transport.dial(`${root}/link/../a.sock`)).abort();
    await expect(listen(`${root}/real/a.sock`)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("makes a chosen directory there, and finds it again", async () => {
    const options = { directory: `${root}/link/../own/` };
    expect((await listen("mail", options)).address).toBe(`${root}/real/own/mail.sock`);
    (await transport.dial("mail", options)).abort();
  });

  test("checks that directory, and no other", async () => {
    chmodSync(`${root}/real`, 0o777);
    const path = `${root}/link/../a.sock`;
    for (const open of [() => listen(path), () => transport.dial(path)]) {
      await expect(open()).rejects.toMatchObject({
        code: "IPC_DIRECTORY_REFUSED",
        address: `${root}/real`,
      });
    }
  });

  test("keeps a path without `..` as short as it is given", async () => {
    const { address } = await listen(`${root}/link/a.sock`);
    expect(address).toBe(`${root}/link/a.sock`);
  });

  test("refuses a symlink to itself", async () => {
    symlinkSync(`${root}/loop`, `${root}/loop`);
    await expect(listen(`${root}/loop/a.sock`)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(transport.dial(`${root}/loop/a.sock`)).rejects.toMatchObject({ code: "ELOOP" });
  });
});

describe("given an unfit directory", () => {
  test("refuses a directory of ours that is open to others", async () => {
    const own = createNodeTransport({
      readEnvironment: testEnvironment(directory, {
        platform: "darwin",
        directory: undefined,
        temporaryDirectory: root,
      }),
    });
    mkdirSync(`${root}/ipc-eventer`, { mode: 0o755 });
    // A name of its own, as the second place is /tmp's.
    const name = basename(root);
    await expect(listen(name, {}, own)).rejects.toMatchObject({
      code: "IPC_DIRECTORY_REFUSED",
      message: expect.stringContaining("chmod 700") as string,
    });
    chmodSync(`${root}/ipc-eventer`, 0o700);
    // The lock that macOS needs is taken as well; on Linux its flag means nothing.
    await listen(name, {}, own);
    await expect(listen(name, {}, own)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("refuses a chosen directory that others may write", async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    await expect(listen()).rejects.toMatchObject({
      code: "IPC_DIRECTORY_REFUSED",
      message: expect.stringContaining("chmod go-w") as string,
    });
  });

  test("refuses a missing parent of an absolute path, and a missing parent of a directory", async () => {
    await expect(listen(`${root}/no/where`)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(listen("mail", { directory: `${root}/no/where` })).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  test("refuses one too long for the claim", async () => {
    const long = `${root}/${"d".repeat(75)}`;
    await expect(listen(`${long.slice(0, 90)}/m`)).rejects.toMatchObject({
      code: "IPC_ENDPOINT_TOO_LONG",
    });
  });

  test.each([
    ["mode", { mode: 0o1000 }],
    ["mode", { mode: -1 }],
    ["backlog", { backlog: 0 }],
    ["backlog", { backlog: 1.5 }],
  ])("refuses the option %s out of range", async (name, options) => {
    await expect(listen("mail", options)).rejects.toMatchObject({
      code: "IPC_TRANSPORT_OPTION",
      message: expect.stringContaining(name) as string,
    });
  });
});

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
