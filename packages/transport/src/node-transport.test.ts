import { mkdtempSync, rmSync } from "node:fs";
import { testContract } from "../test/connection-contract.ts";
import { createNodeTransport } from "./node-transport.ts";
import { testEnvironment } from "../test/test-environment.ts";

testContract("sockets of this machine", () => {
  const directory = mkdtempSync("/tmp/ipc-");
  return {
    transport: createNodeTransport({ readEnvironment: testEnvironment(directory) }),
    endpoint: "echo",
    cleanUp: () => rmSync(directory, { recursive: true }),
  };
});
