import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNodeTransport } from "../src/node-transport.ts";
import type { Connection, Listener } from "../src/transport.ts";
import { childFile, run } from "./child.ts";
import { record } from "./recorder.ts";

const OTHER_USER = 65_534;
/** Needs root, and a Node.js and a repository that lie where another user may read them. */
const canRunAsOther =
  process.geteuid?.() === 0 &&
  spawnSync(process.execPath, [childFile("caller"), ""], { uid: OTHER_USER, gid: OTHER_USER })
    .status === 0;

const transport = createNodeTransport();
let directory: string;
let accepted: Promise<Connection>;
let listener: Listener | undefined;

beforeEach(() => {
  directory = mkdtempSync("/tmp/ipc-");
});

afterEach(async () => {
  await listener?.close();
  rmSync(directory, { recursive: true });
});

async function listen(mode?: number): Promise<string> {
  let listening: Promise<Listener> | undefined;
  accepted = new Promise((resolve, reject) => {
    const acceptor = { handleConnection: resolve, handleError: reject };
    listening = transport.listen("story", acceptor, { directory, mode });
  });
  listener = await listening;
  return listener?.address ?? "";
}

describe("given a process that sends, closes and ends", () => {
  test("receives all 219,263 bytes and then the end", async () => {
    const address = await listen();
    const ended = run("caller", [address, "219263"]);
    const heard = record(await accepted);
    await heard.untilClosed();
    expect(heard.byteCount).toBe(219_263);
    expect(heard.error).toBeUndefined();
    expect(await ended).toBe("sent");
  });
});

describe.skipIf(!canRunAsOther)("given a process of another user (needs root)", () => {
  test("keeps it out by the private directory", async () => {
    const address = await listen();
    expect(await run("caller", [address, "1"], OTHER_USER)).toMatch(
      /^EACCES: .*this user may not use it/u,
    );
  });

  test("keeps it out by the socket's own mode in an open directory", async () => {
    const address = await listen();
    chmodSync(directory, 0o755);
    expect(await run("caller", [address, "1", "0"], OTHER_USER)).toMatch(/^EACCES: /u);
  });

  test("accepts it when the server allows it and it names the owner that it accepts", async () => {
    chmodSync(directory, 0o755);
    const address = await listen(0o666);
    const ended = run("caller", [address, "1", "0"], OTHER_USER);
    await record(await accepted).untilClosed();
    expect(await ended).toBe("sent");
  });

  test("has it refuse a socket whose owner it does not accept", async () => {
    chmodSync(directory, 0o755);
    const address = await listen(0o666);
    expect(await run("caller", [address, "1", "4242"], OTHER_USER)).toMatch(/^IPC_WRONG_OWNER: /u);
  });
});
