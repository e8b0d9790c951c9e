import { mkdtempSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Carrier, type Connected, connectOnce, disconnect } from "../test/connected.ts";
import { record } from "../test/recorder.ts";
import { testEnvironment } from "../test/test-environment.ts";
import { freeChunk, readMemory } from "./net-connection.ts";
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

describe("given a chunk that has its memory for itself", () => {
  it.runIf(canFree)("gives it back at once", () => {
    const chunk = new Uint8Array(1024);
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(0);
  });

  it("leaves a small one to the garbage collector", () => {
    const chunk = new Uint8Array(1023);
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(1023);
  });
});

describe("given a chunk that shares its memory", () => {
  it.each([
    ["a view", new Uint8Array(4096).subarray(0, 2048)],
    ["one behind an offset", new Uint8Array(new ArrayBuffer(4096), 1024)],
    ["one that other threads have too", new Uint8Array(new SharedArrayBuffer(4096))],
  ])("leaves %s as it is", (_title, chunk) => {
    const { byteLength } = chunk;
    freeChunk(chunk);
    expect(chunk.byteLength).toBe(byteLength);
  });
});

describe("given a connection that was dialled", () => {
  it("reads into the memory that all of them share", async () => {
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
});
