import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RecordingAcceptor } from "../test/acceptor.ts";
import { leaveDeadSocket } from "../test/dead-socket.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { type Caller, dialSocket } from "./dial-socket.ts";
import type { Place } from "./endpoint.ts";
import { systemError } from "./errors.ts";
import { canPin } from "./file-facts.ts";
import { openConnection } from "./net-connection.ts";
import { createNodeTransport } from "./node-transport.ts";
import type { Listener, Transport } from "./transport.ts";

const uid = process.geteuid?.() ?? -1;
const caller: Caller = { uid, owners: [uid], pins: canPin() };
const { signal } = new AbortController();

let directory: string;
let transport: Transport;
let listener: Listener;

beforeEach(async () => {
  directory = mkdtempSync("/tmp/ipc-");
  transport = createNodeTransport({ readEnvironment: testEnvironment(directory) });
  listener = await transport.listen("mail", new RecordingAcceptor());
});

afterEach(async () => {
  await listener.close();
  rmSync(directory, { recursive: true });
});

function placeAt(path: string, more: Partial<Place> = {}): Place {
  return { directory, path, claim: `${directory}/l`, origin: "chosen", ...more };
}

describe("given a path that is no socket", () => {
  test.each([
    ["a file", (path: string) => writeFileSync(path, "")],
    ["a directory", (path: string) => mkdirSync(path)],
    ["a symlink to the socket", (path: string) => symlinkSync(`${directory}/mail.sock`, path)],
  ])("refuses %s", async (_, create) => {
    create(`${directory}/odd`);
    await expect(transport.dial(`${directory}/odd`)).rejects.toMatchObject({
      code: "IPC_NOT_A_SOCKET",
      address: `${directory}/odd`,
    });
  });
});

describe("given a socket of another owner", () => {
  test("refuses it before anything is said", async () => {
    const owner = uid + 1;
    await expect(transport.dial("mail", { owner })).rejects.toMatchObject({
      code: "IPC_WRONG_OWNER",
      message: expect.stringContaining(`If that server is meant, give \`owner: ${uid}\``) as string,
    });
  });

  test("accepts the owner that was named", async () => {
    (await transport.dial("mail", { owner: uid })).abort();
  });
});

describe("given a directory in which others could replace the socket", () => {
  test("refuses it, unless it is sticky", async () => {
    chmodSync(directory, 0o777);
    await expect(transport.dial("mail")).rejects.toMatchObject({ code: "IPC_DIRECTORY_REFUSED" });
    chmodSync(directory, 0o1777);
    (await transport.dial("mail")).abort();
  });

  test("refuses a directory that should be private and is not", async () => {
    chmodSync(directory, 0o711);
    const place = placeAt(`${directory}/mail.sock`, { origin: "default" });
    await expect(dialSocket([place], caller, signal)).rejects.toMatchObject({
      code: "IPC_DIRECTORY_REFUSED",
    });
  });

  test("accepts it below a directory that others may write, whether the system holds on to files or not", async () => {
    mkdirSync(`${directory}/loose/own`, { recursive: true, mode: 0o700 });
    chmodSync(`${directory}/loose`, 0o777);
    const below = await transport.listen(`${directory}/loose/own/a`, new RecordingAcceptor());
    for (const pins of [canPin(), false]) {
      const place = placeAt(below.address, { directory: `${directory}/loose/own` });
      const connection = await dialSocket([place], { ...caller, pins }, signal);
      expect(connection.address).toBe(below.address);
      connection.abort();
    }
    await below.close();
  });

  test("follows a directory's symlink of our own, as macOS has one for /tmp", async () => {
    symlinkSync(directory, `${directory}/link`);
    (await transport.dial("mail", { directory: `${directory}/link` })).abort();
  });
});

describe.each([
  ["the system holds on to files", canPin()],
  ["the system cannot hold on to files", false],
])("given a directory in which others can make files, and %s", (_, pins) => {
  const owners = [uid];
  let path: string;

  beforeEach(() => {
    chmodSync(directory, 0o1777);
    path = `${directory}/mail.sock`;
  });

  test("never gives a connection to what was not checked", async () => {
    const dialled = dialSocket([placeAt(path)], { uid, owners, pins }, signal);
    // The system has connected already, but to what can be told only by holding on to it.
    unlinkSync(path);
    writeFileSync(path, "");
    const outcome = await dialled.then(
      (connection) => connection.abort(),
      (error: unknown) => (error as { code: string }).code,
    );
    expect(outcome).toBe(pins ? undefined : "IPC_NOT_A_SOCKET");
    unlinkSync(path);
  });

  test("refuses a symlink and a socket whose owner it does not accept", async () => {
    const other = { uid, owners: [uid + 1], pins };
    await expect(dialSocket([placeAt(path)], other, signal)).rejects.toMatchObject({
      code: "IPC_WRONG_OWNER",
      byOthers: true,
    });
    symlinkSync(path, `${directory}/odd`);
    const odd = placeAt(`${directory}/odd`);
    await expect(dialSocket([odd], { uid, owners, pins }, signal)).rejects.toMatchObject({
      code: "IPC_NOT_A_SOCKET",
      byOthers: false,
    });
  });

  test("says that nothing is there", async () => {
    const none = placeAt(`${directory}/none`);
    await expect(dialSocket([none], { uid, owners, pins }, signal)).rejects.toMatchObject({
      code: "ENOENT",
      address: `${directory}/none`,
    });
  });
});

describe("given several places", () => {
  test("tries them in order", async () => {
    const places: [Place, Place] = [placeAt(`${directory}/no`), placeAt(`${directory}/mail.sock`)];
    const connection = await dialSocket(places, caller, signal);
    expect(connection.address).toBe(`${directory}/mail.sock`);
    connection.abort();
  });

  test("names them all when nothing is there", async () => {
    const places: [Place, Place] = [placeAt(`${directory}/a`), placeAt(`${directory}/b`)];
    await expect(dialSocket(places, caller, signal)).rejects.toMatchObject({
      code: "ENOENT",
      address: `${directory}/a or ${directory}/b`,
    });
  });

  test("tells what it met rather than what it did not", async () => {
    await leaveDeadSocket(`${directory}/dead`);
    const missing = placeAt(`${directory}/a`);
    const dead = placeAt(`${directory}/dead`);
    for (const places of [
      [missing, dead],
      [dead, missing],
    ] as [Place, Place][]) {
      await expect(dialSocket(places, caller, signal)).rejects.toMatchObject({
        code: "ECONNREFUSED",
        address: `${directory}/dead`,
      });
    }
  });
});

describe("given nothing to dial", () => {
  test("lets the event loop turn before it says so", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("turned"));
    await transport.dial("absent").catch(() => order.push("failed"));
    expect(order).toEqual(["turned", "failed"]);
  });
});

describe("given a server that does not accept", () => {
  let busy: Server;

  beforeEach(async () => {
    busy = createServer();
    busy.listen({ path: `${directory}/busy`, backlog: 1 });
    await once(busy, "listening");
  });

  afterEach(() => {
    busy.close();
  });

  test("says that it is busy once its backlog is full", async () => {
    const path = `${directory}/busy`;
    const attempts = Array.from({ length: 10 }, () => openConnection(path, signal));
    const outcomes = await Promise.allSettled(attempts);
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [systemError("dial", path, outcome.reason)] : [],
    );
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.abort();
    expect(errors[0]).toMatchObject({ code: "EAGAIN" });
    expect(errors[0]?.message).toContain("too busy");
  });

  test("gives up a connection that is just being made", async () => {
    const controller = new AbortController();
    const attempt = openConnection(`${directory}/busy`, controller.signal);
    controller.abort(new Error("never mind"));
    await expect(attempt).rejects.toThrow("never mind");
  });
});

describe("given a timeout", () => {
  test("refuses one that no timer can keep", async () => {
    for (const timeout of [-1, 0x8000_0000, Number.NaN]) {
      await expect(transport.dial("mail", { timeout })).rejects.toMatchObject({
        code: "IPC_TRANSPORT_OPTION",
      });
    }
    for (const timeout of [0x7fff_fffe, 0x7fff_ffff]) {
      (await transport.dial("mail", { timeout })).abort();
    }
  });
});
