import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directorySecret, secretFile } from "./directory-secret.ts";

const uid = process.geteuid?.() ?? -1;
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync("/tmp/ipc-secret-");
  path = `${directory}/${secretFile}`;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe.skipIf(process.platform === "win32")("the secret of a directory", () => {
  it("is made once, of 32 random bytes, for its user alone", async () => {
    const secret = await directorySecret(directory, uid);
    expect(secret).toHaveLength(32);
    expect(await directorySecret(directory, uid)).toEqual(secret);
    expect([readdirSync(directory), statSync(path).mode & 0o777]).toEqual([[secretFile], 0o600]);
    const other = mkdtempSync(`${directory}/`);
    expect(await directorySecret(other, uid)).not.toEqual(secret);
  });

  it("is one, whichever is first of many that need it at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => directorySecret(directory, uid)),
    );
    expect(new Set(all.map((one) => one.toString("hex"))).size).toBe(1);
    expect(readdirSync(directory)).toEqual([secretFile]);
  });

  it.each([
    ["a symlink", () => symlinkSync("/etc/hostname", path)],
    ["a directory", () => mkdirSync(path)],
    ["a file that others can read", () => open(0o640)],
    ["a file that is too short", () => open(0o600, 31)],
    ["a file that is too long", () => open(0o600, 33)],
  ])("is refused, and left as it is, where there is %s", async (_, put) => {
    put();
    const before = statSync(path);
    await expect(directorySecret(directory, uid)).rejects.toMatchObject({
      name: "TransportError",
      code: "IPC_SECRET_REFUSED",
      address: path,
      message: expect.stringContaining("Remove it") as string,
    });
    expect(readdirSync(directory)).toEqual([secretFile]);
    expect([statSync(path).ino, statSync(path).mode]).toEqual([before.ino, before.mode]);
  });

  it("is refused in a file of another user", async () => {
    open(0o600);
    await expect(directorySecret(directory, uid + 1)).rejects.toMatchObject({
      code: "IPC_SECRET_REFUSED",
    });
    expect(readFileSync(path)).toEqual(Buffer.alloc(32, 7));
  });

  it("is refused, with the system's error as cause, where no file can be made", async () => {
    await expect(directorySecret(`${directory}/none`, uid)).rejects.toMatchObject({
      code: "IPC_SECRET_REFUSED",
      cause: { code: "ENOENT" },
    });
  });
});

function open(mode: number, size = 32): void {
  writeFileSync(path, Buffer.alloc(size, 7));
  chmodSync(path, mode);
}
