import { mkdtempSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Carrier, connectOnce, type Connected, disconnect } from "../test/connected.ts";
import { record } from "../test/recorder.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { createNodeTransport } from "./node-transport.ts";

const canFree = "transfer" in ArrayBuffer.prototype;

describe("given chunks with memory of their own", () => {
  let carrier: Carrier;
  let connected: Connected;

  beforeEach(async () => {
    const directory = mkdtempSync("/tmp/ipc-");
    carrier = {
      transport: createNodeTransport({ readEnvironment: testEnvironment(directory) }),
      endpoint: "given",
      cleanUp: () => rmSync(directory, { recursive: true }),
    };
    connected = await connectOnce(carrier);
  });

  afterEach(() => disconnect(connected, carrier));

  it.runIf(canFree)("frees them when the system has taken them, and not before", async () => {
    const { client, server } = connected;
    const chunks = Array.from({ length: 64 }, (_, index) => new Uint8Array(65_536).fill(index));
    expect(client.sendAll(chunks, true)).toBe(false);
    expect(chunks.every(({ byteLength }) => byteLength === 65_536)).toBe(true);
    const atClient = record(client);
    const atServer = record(server);
    await atClient.until(() => atClient.drains === 1);
    expect(chunks.every(({ byteLength }) => byteLength === 0)).toBe(true);
    await atServer.until(() => atServer.byteCount === 64 * 65_536);
    const received = Buffer.concat(atServer.chunks);
    expect(received.every((byte, at) => byte === Math.floor(at / 65_536))).toBe(true);
  });

  it.runIf(canFree)("leaves to the garbage collector what no drain will tell of", async () => {
    const { client, server } = connected;
    while (client.send(new Uint8Array(65_536)));
    record(client);
    record(server);
    const chunk = new Uint8Array(4096);
    while (client.bufferedBytes > 0)
      await new Promise<void>((resolve) => void setImmediate(resolve));
    server.pause();
    while (client.bufferedBytes === 0) client.send(new Uint8Array(1024));
    expect(client.sendAll([chunk, Uint8Array.of(1)], true)).toBe(true);
    server.resume();
    while (client.bufferedBytes > 0)
      await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(chunk.byteLength).toBe(4096);
  });

  it.runIf(canFree)("frees them at once if the system takes all", () => {
    const chunk = new Uint8Array(4096);
    expect(connected.client.sendAll([chunk, Uint8Array.of(1)], true)).toBe(true);
    expect(chunk.byteLength).toBe(0);
  });

  it("leaves those alone that were not given", () => {
    const chunk = new Uint8Array(4096);
    expect(connected.client.sendAll([chunk])).toBe(true);
    expect(chunk.byteLength).toBe(4096);
  });
});
