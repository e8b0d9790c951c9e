import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createFaults, createMemoryTransport } from "@ipc/transport/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { IPCClient, IPCServer } from "../src/index.ts";

const mebibyte = 1024 * 1024;

describe("given the connection is cut in the middle of a copy", () => {
  it.each([
    ["in plaintext", {}],
    ["with a password", { password: "correct horse" }],
  ])("goes on where it was, %s", async (_, options) => {
    const faults = createFaults();
    const transport = createMemoryTransport({ faults });
    const server = new IPCServer("streams", { transport, ...options });
    await server.start();
    const client = new IPCClient("streams", {
      transport,
      reconnect: true,
      reconnectInterval: 5,
      ...options,
    });
    onTestFinished(async () => {
      await client.disconnect();
      await server.stop();
    });
    const bytes = randomBytes(4 * mebibyte);
    let [cuts, received] = [0, 0];
    server.handle("copy", async (body: Readable) => {
      const hash = createHash("sha256");
      for await (const chunk of body) {
        hash.update(chunk as Buffer);
        received += (chunk as Buffer).length;
        if (received > (cuts + 1) * mebibyte) {
          cuts++;
          faults.cut();
        }
      }
      return hash.digest("hex");
    });
    const socket = await client.connect();
    const chunks = Array.from({ length: 128 }, (__, at) =>
      bytes.subarray(at * 32_768, (at + 1) * 32_768),
    );
    const source = Readable.from(chunks, { objectMode: false });
    expect(await socket.invoke("copy", source)).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
    expect(cuts).toBe(3);
    expect(socket.closed).toBe(false);
  });
});
