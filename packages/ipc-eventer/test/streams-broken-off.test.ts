import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { describe, expect, it, vi } from "vitest";
import { arriving } from "./arriving.ts";
import { codeOf } from "./code-of.ts";
import { endless } from "./endless.ts";
import { openPair } from "./open-pair.ts";

describe("a stream that does not come to its end", () => {
  it("fails at the reader with the error of its source", async () => {
    const { socket, remote } = await openPair();
    const arrival = arriving(remote);
    socket.emit("s", createReadStream("/no/such/file"));
    await expect((await arrival).toArray()).rejects.toMatchObject({
      name: "Error",
      code: "ENOENT",
      syscall: "open",
    });
  });

  it("fails at the reader for a value that cannot be sent", async () => {
    const { socket, remote } = await openPair();
    const arrival = arriving(remote);
    socket.emit("s", Readable.from([1, 1n]));
    await expect((await arrival).toArray()).rejects.toMatchObject({ code: "IPC_NOT_ENCODABLE" });
  });

  it("fails alone for a value that JSON writes as null, and the session goes on", async () => {
    for (const odd of [0 / 0, 1 / 0, new Date(Number.NaN)]) {
      const { socket, remote } = await openPair();
      const arrival = arriving(remote);
      socket.emit("s", Readable.from([1, odd, 3]));
      await expect((await arrival).toArray()).rejects.toMatchObject({
        code: "IPC_NOT_ENCODABLE",
        message: expect.stringContaining("a value of a stream that JSON writes as null") as string,
      });
      remote.handle("alive", () => "yes");
      await expect(socket.invoke("alive")).resolves.toBe("yes");
    }
  });

  it("stops its source when its reader is destroyed, and tells why", async () => {
    const { socket, remote } = await openPair();
    const source = endless();
    const arrival = arriving(remote);
    socket.emit("s", source);
    const stream = await arrival;
    stream.once("data", () => stream.destroy(new RangeError("seen enough")));
    await expect(finished(source)).rejects.toMatchObject({
      code: "IPC_STREAM_CANCELLED",
      cause: { name: "RangeError", message: "seen enough" },
    });
  });

  it("lets a generator clean up when its reader breaks off", async () => {
    const { socket, remote } = await openPair();
    const cleaned = vi.fn<() => void>();
    async function* source(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        cleaned();
      }
    }
    const arrival = arriving(remote);
    socket.emit("s", source());
    for await (const n of await arrival) if (n === 3) break;
    await vi.waitFor(() => expect(cleaned).toHaveBeenCalledOnce(), 60_000);
  });

  it("cancels a Web stream", async () => {
    const { socket, remote } = await openPair();
    const cancel = vi.fn<() => void>();
    const arrival = arriving(remote);
    socket.emit("s", new ReadableStream({ pull: (to) => to.enqueue("x"), cancel }));
    for await (const _ of await arrival) break;
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), 60_000);
  });

  it("fails on both sides when the session ends", async () => {
    const { client, socket, remote } = await openPair();
    const source = endless();
    const arrival = arriving(remote);
    socket.emit("s", source);
    const stream = await arrival;
    stream.once("data", () => void client.disconnect());
    const reading = finished(stream.resume());
    await expect(finished(source)).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
    await expect(reading).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
  });

  it("raises no error without a listener", async () => {
    const { client, socket, remote } = await openPair();
    const arrival = arriving(remote);
    socket.emit("s", endless());
    const stream = await arrival;
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.on("data", () => void client.disconnect());
    await closed;
    await expect(codeOf(Promise.reject(stream.errored))).resolves.toBe("IPC_STREAM_LOST");
  });
});
