import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNodeTransport } from "../src/node-transport.ts";
import type { Connection } from "../src/transport.ts";
import { RecordingAcceptor } from "./acceptor.ts";
import { record, type Recorder } from "./recorder.ts";
import { Supervisor } from "./supervisor.ts";
import { testEnvironment } from "./test-environment.ts";

const transport = createNodeTransport();
let directory: string;
let supervisor: Supervisor | undefined;

beforeEach(() => {
  directory = mkdtempSync("/tmp/ipc-");
});

afterEach(async () => {
  await supervisor?.end();
  supervisor = undefined;
  rmSync(directory, { recursive: true });
});

function holdSockets(...names: string[]): Supervisor {
  const paths = names.map((name) => (name === "tcp" ? name : `${directory}/${name}`));
  supervisor = new Supervisor(...paths);
  return supervisor;
}

/** The path where the system is Linux, which has it; the descriptor on others. */
function addressOf(name: string, fd: number): string {
  return process.platform === "linux" ? `${directory}/${name}` : `descriptor ${fd}`;
}

async function dial(name: string): Promise<{ connection: Connection; heard: Recorder }> {
  const connection = await transport.dial(`${directory}/${name}`);
  return { connection, heard: record(connection) };
}

async function ask(name: string, text: string): Promise<string> {
  const { connection, heard } = await dial(name);
  connection.send(text);
  await heard.until(() => heard.byteCount > 0);
  connection.close();
  await heard.untilClosed();
  return heard.text;
}

describe("given a socket that systemd passes", () => {
  test("serves it, and leaves neither the file nor the variables to other processes", async () => {
    const held = holdSockets("main");
    held.serve([["main", "systemd"]], { LISTEN_FDS: "1" });
    expect(await held.line()).toBe(`main on ${addressOf("main", 3)}`);
    expect(await held.line()).toBe("variables: ");
    const before = statSync(`${directory}/main`);
    expect(await ask("main", "hello")).toBe("main heard hello");
    expect(await ask("main", "stop")).toBe("main heard stop");
    expect(await held.line()).toBe("ended");
    expect(existsSync(`${directory}/main`)).toBe(true);
    const after = statSync(`${directory}/main`);
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
  });

  test("loses no connection when the service restarts", async () => {
    const held = holdSockets("main");
    held.serve([["main", "systemd"]], { LISTEN_FDS: "1" });
    await held.line();
    await held.line();
    expect(await ask("main", "stop")).toBe("main heard stop");
    expect(await held.line()).toBe("ended");
    const { connection, heard } = await dial("main");
    connection.send("are you back?");
    held.serve([["main", "systemd"]], { LISTEN_FDS: "1" });
    await heard.until(() => heard.byteCount > 0);
    expect(heard.text).toBe("main heard are you back?");
    connection.send("stop");
    await heard.untilClosed();
    expect(heard.error).toBeUndefined();
  });

  test("warns a caller that uses another process id", async () => {
    const held = holdSockets("main");
    held.serve([["main", "systemd"]], { LISTEN_FDS: "1", LISTEN_PID: "1" });
    const [outcome, variables] = await held.linesToEnd();
    expect(outcome).toMatch(/^main IPC_LISTEN_PID: .*for process 1 /u);
    expect(variables).toBe("variables: ");
  });
});

describe("given several sockets that systemd passes", () => {
  test("gives each of two servers in one process its own, whatever their order", async () => {
    const held = holdSockets("a.sock", "b.sock");
    held.serve(
      [
        ["second", "systemd"],
        ["first", "systemd"],
      ],
      { LISTEN_FDS: "2", LISTEN_FDNAMES: "first:second.socket" },
    );
    expect(await held.line()).toBe(`second on ${addressOf("b.sock", 4)}`);
    expect(await held.line()).toBe(`first on ${addressOf("a.sock", 3)}`);
    expect(await ask("a.sock", "x")).toBe("first heard x");
    expect(await ask("b.sock", "stop")).toBe("second heard stop");
  });

  test("gives one to one listener only, and guesses none", async () => {
    const held = holdSockets("a.sock", "b.sock");
    held.serve(
      [
        ["first", "systemd"],
        ["first", "systemd"],
        ["third", "systemd"],
      ],
      { LISTEN_FDS: "2", LISTEN_FDNAMES: "first:second" },
    );
    expect(await held.line()).toBe(`first on ${addressOf("a.sock", 3)}`);
    expect(await held.line()).toMatch(/^first EADDRINUSE: .*a listener of this process has it/u);
    expect(await held.line()).toMatch(/^third IPC_DESCRIPTOR_NAME: .*\(first, second\), none has/u);
    expect(await ask("a.sock", "stop")).toBe("first heard stop");
  });
});

describe("given a descriptor by its number", () => {
  test("serves it without any variables", async () => {
    const held = holdSockets("a.sock", "b.sock");
    held.serve([["any", 4]], {});
    expect(await held.line()).toBe(`any on ${addressOf("b.sock", 4)}`);
    expect(await ask("b.sock", "stop")).toBe("any heard stop");
  });

  test("refuses a network socket", async () => {
    const held = holdSockets("tcp");
    held.serve([["any", 3]], {});
    const [outcome] = await held.linesToEnd();
    expect(outcome).toMatch(/^any IPC_NOT_A_SOCKET: Descriptor 3 is a network socket/u);
  });

  test("refuses a socket that is connected", async () => {
    // The supervisor's standard output is one, and so is the service's.
    const held = holdSockets("main");
    held.serve([["any", 1]], {});
    expect(await held.line()).toMatch(/^any IPC_NOT_A_SOCKET: Descriptor 1 cannot accept/u);
  });

  test("refuses a file, and a descriptor that is not open", async () => {
    const acceptor = new RecordingAcceptor();
    const fd = openSync(`${directory}/file`, "w");
    await expect(transport.listen("any", acceptor, { fd })).rejects.toMatchObject({
      code: "IPC_NOT_A_SOCKET",
      message: expect.stringContaining("is no socket") as string,
    });
    closeSync(fd);
    await expect(transport.listen("any", acceptor, { fd: 1_000_000 })).rejects.toMatchObject({
      code: "IPC_NOT_INHERITED",
      message: expect.stringContaining("is not open") as string,
    });
  });
});

describe("given no descriptor", () => {
  test("says that systemd has passed none", async () => {
    const listening = transport.listen("any", new RecordingAcceptor(), { fd: "systemd" });
    await expect(listening).rejects.toMatchObject({ code: "IPC_NOT_INHERITED" });
  });

  test("says that Windows has none", async () => {
    const windows = createNodeTransport({
      readEnvironment: testEnvironment(directory, { platform: "win32" }),
    });
    await expect(
      windows.listen("any", new RecordingAcceptor(), { fd: "systemd" }),
    ).rejects.toMatchObject({
      code: "IPC_TRANSPORT_OPTION",
      message: expect.stringContaining("Windows") as string,
    });
  });

  test.each([-1, 0.5, 0x8000_0000])("refuses %d as one", async (fd) => {
    const listening = transport.listen("any", new RecordingAcceptor(), { fd });
    await expect(listening).rejects.toMatchObject({ code: "IPC_TRANSPORT_OPTION" });
  });
});
