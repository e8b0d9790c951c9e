import { mkdtempSync, rmSync } from "node:fs";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { RecordingAcceptor } from "../test/acceptor.ts";
import { testContract } from "../test/connection-contract.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { createNodeTransport } from "./node-transport.ts";

testContract("sockets of this machine", () => {
  const directory = mkdtempSync("/tmp/ipc-");
  return {
    transport: createNodeTransport({ readEnvironment: testEnvironment(directory) }),
    endpoint: "echo",
    cleanUp: () => rmSync(directory, { recursive: true }),
  };
});

// The code for Windows, with sockets in the working directory in the place of pipes.
testContract("pipes, played by sockets", () => {
  const directory = mkdtempSync("/tmp/ipc-");
  const before = process.cwd();
  process.chdir(directory);
  return {
    transport: createNodeTransport({
      readEnvironment: testEnvironment(directory, { platform: "win32" }),
    }),
    endpoint: "echo",
    cleanUp: () => {
      process.chdir(before);
      rmSync(directory, { recursive: true });
    },
  };
});

describe("given a socket of ours at a place that is no longer the first", () => {
  test("refuses to start a second server that clients would find first", async () => {
    const root = mkdtempSync("/tmp/ipc-");
    const acceptor = new RecordingAcceptor();
    const [before, after] = [false, true].map((hasOwn) =>
      createNodeTransport({
        readEnvironment: () => ({
          ...testEnvironment(root)(undefined),
          // A directory of the user that appeared after the first server had started.
          platform: "darwin",
          directory: undefined,
          temporaryDirectory: hasOwn ? root : undefined,
          uid: process.geteuid?.() ?? -1,
        }),
      }),
    );
    const name = `test-${process.pid}`;
    const first = await before!.listen(name, acceptor);
    await expect(after!.listen(name, acceptor)).rejects.toMatchObject({ code: "EADDRINUSE" });
    const connection = await after!.dial(name);
    expect(connection.address).toBe(first.address);
    connection.abort();
    await first.close();
    await (await after!.listen(name, acceptor)).close();
    rmSync(root, { recursive: true });
  });
});
