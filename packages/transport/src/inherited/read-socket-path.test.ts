import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSocketPath } from "./read-socket-path.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync("/tmp/ipc-");
  writeFileSync(
    `${directory}/unix`,
    [
      "Num       RefCount Protocol Flags    Type St Inode Path",
      "0000000041dc1578: 00000002 00000000 00010000 0001 01 1679346 /run/a socket",
      "00000000bd2f9648: 00000003 00000000 00000000 0001 03  16793",
      "",
    ].join("\n"),
  );
});

afterAll(() => rmSync(directory, { recursive: true }));

describe("given the system's table of sockets", () => {
  test("reads the path of a socket by its inode", async () => {
    expect(await readSocketPath(1_679_346, `${directory}/unix`)).toBe("/run/a socket");
  });

  test("knows no path of a socket without one, or that is not there", async () => {
    expect(await readSocketPath(16_793, `${directory}/unix`)).toBeUndefined();
    expect(await readSocketPath(1, `${directory}/unix`)).toBeUndefined();
  });

  test("knows none where there is no such table", async () => {
    expect(await readSocketPath(1, `${directory}/absent`)).toBeUndefined();
  });
});
