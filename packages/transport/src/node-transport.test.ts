import { mkdtempSync, rmSync } from "node:fs";
import process from "node:process";
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
