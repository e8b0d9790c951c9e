import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNodeTransport } from "../src/node-transport.ts";
import type { Listener } from "../src/transport.ts";
import { RecordingAcceptor } from "./acceptor.ts";

const transport = createNodeTransport();
let host: string;
let guest: string;
let listener: Listener;

function system(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Needs root, the permission to mount, and a second file system. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.geteuid?.() !== 0) return false;
  const [from, to] = ["/dev/shm/ipc-", "/tmp/ipc-"].map((prefix) => mkdtempSync(prefix));
  const done = system("mount", "--bind", from!, to!) && system("umount", to!);
  for (const directory of [from!, to!]) rmSync(directory, { recursive: true });
  return done;
}

describe.skipIf(!canMount())("given a socket that is mounted by itself (needs root)", () => {
  beforeEach(async () => {
    host = mkdtempSync("/dev/shm/ipc-");
    guest = mkdtempSync("/tmp/ipc-");
    listener = await transport.listen(`${host}/app.sock`, new RecordingAcceptor());
    writeFileSync(`${guest}/app.sock`, "");
    system("mount", "--bind", `${host}/app.sock`, `${guest}/app.sock`);
  });

  afterEach(async () => {
    system("umount", `${guest}/app.sock`);
    await listener.close();
    for (const directory of [host, guest]) rmSync(directory, { recursive: true });
  });

  test("reaches its server while that lives, and says what to mount when it has ended", async () => {
    (await transport.dial(`${guest}/app.sock`)).abort();
    await listener.close();
    await expect(transport.dial(`${guest}/app.sock`)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      message: expect.stringContaining("Mount its directory instead") as string,
    });
  });

  test("is not replaced by a server, which says what to mount and leaves nothing", async () => {
    const listen = (): Promise<Listener> =>
      transport.listen(`${guest}/app.sock`, new RecordingAcceptor());
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    await listener.close();
    await expect(listen()).rejects.toMatchObject({
      code: "EBUSY",
      message: expect.stringContaining("Mount its directory instead") as string,
    });
    expect(readdirSync(guest)).toEqual(["app.sock"]);
  });
});
