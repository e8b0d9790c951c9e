import { expect, it } from "vitest";
import { connectOnce, disconnect } from "../test/connected.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { createNodeTransport } from "./node-transport.ts";
import { readMemory } from "./open-connection.ts";

it("is what every dialled connection reads into", async () => {
  const directory = mkdtempSync("/tmp/ipc-");
  const carrier = {
    transport: createNodeTransport({ readEnvironment: testEnvironment(directory) }),
    endpoint: "memory",
    cleanUp: () => rmSync(directory, { recursive: true }),
  };
  const connected = await connectOnce(carrier);
  const chunk = await new Promise<Uint8Array>((resolve) => {
    connected.client.attach({ handleChunk: resolve, handleDrain() {}, handleClose() {} });
    connected.server.send("hello");
  });
  expect(chunk.buffer).toBe(readMemory().buffer);
  await disconnect(connected, carrier);
});
