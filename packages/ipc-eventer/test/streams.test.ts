import { createHash, randomBytes } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createFaults, createMemoryTransport } from "@ipc/transport";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { IPCClient, IPCServer, type IPCServerSocket } from "../src/index.ts";
import { codeOf } from "./code-of.ts";
import { hear } from "./hear.ts";
import { RoundTrips } from "./round-trips.ts";
import { type Pair, TestPlace } from "./test-place.ts";

const mebibyte = 1024 * 1024;

/** A folder of a test's own for files. */
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "streams-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function paired(options: { password?: string } = {}): Promise<Pair> {
  const place = new TestPlace();
  return place.pair(await place.serve(options), options);
}

/** The server's next Readable under an event. */
async function arriving(remote: IPCServerSocket, event = "s"): Promise<Readable> {
  return (await hear(remote, event)) as Readable;
}

async function* counting(to: number): AsyncGenerator<{ n: number }> {
  for (let n = 0; n < to; n++) yield { n };
}

function offer(to: ReadableStreamDefaultController): void {
  to.enqueue({ a: 1 });
  to.close();
}

/** Bytes without an end, in chunks of a size. */
function endless(size = 65_536): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(size, 1));
    },
  });
}

describe.each([
  ["in plaintext", {}],
  ["with a password", { password: "correct horse" }],
])("a stream, %s", (_, options) => {
  it("copies a file", async () => {
    const files = folder();
    const bytes = randomBytes(3 * mebibyte + 17);
    writeFileSync(join(files, "source"), bytes);
    const { socket, remote } = await paired(options);
    remote.handle("copy", async (body: Readable) => {
      await pipeline(body, createWriteStream(join(files, "copy")));
    });
    await socket.invoke("copy", createReadStream(join(files, "source")));
    expect(hashOf(readFileSync(join(files, "copy")))).toBe(hashOf(bytes));
  });

  it("goes both ways at once, with events and calls, at any depth", async () => {
    const { socket, remote } = await paired(options);
    remote.handle("upper", ({ body }: { body: Readable }) =>
      body.map((chunk: Buffer) => chunk.toString().toUpperCase()),
    );
    const reply = (await socket.invoke("upper", { body: Readable.from(["a", "b"]) })) as Readable;
    expect(await reply.toArray()).toEqual(["A", "B"]);
    const arrival = arriving(remote);
    socket.emit("s", counting(3));
    expect(await (await arrival).toArray()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });
});

describe("what arrives as a stream", () => {
  it("is a Readable of bytes for a byte stream, in object mode for any other", async () => {
    const { socket, remote } = await paired();
    const cases: [unknown, boolean, unknown][] = [
      [new PassThrough().end("bytes"), false, "bytes"],
      [new PassThrough({ encoding: "hex" }).end("bytes"), false, "bytes"],
      [new Blob(["blob"]).stream(), false, "blob"],
      [new Response("response").body, false, "response"],
      [Readable.from([1, 2]), true, [1, 2]],
      [new ReadableStream({ start: offer }), true, [{ a: 1 }]],
      [counting(1), true, [{ n: 0 }]],
    ];
    for (const [source, objectMode, content] of cases) {
      const arrival = arriving(remote);
      socket.emit("s", source);
      const stream = await arrival;
      expect(stream.readableObjectMode).toBe(objectMode);
      const chunks: unknown[] = await stream.toArray();
      expect(objectMode ? chunks : Buffer.concat(chunks as Buffer[]).toString()).toEqual(content);
    }
  });

  it("brings binary values of an async generator as they are", async () => {
    const { socket, remote } = await paired();
    const arrival = arriving(remote);
    socket.emit("s", Readable.from([Buffer.from("x"), new Float64Array([0.5])]));
    expect(await (await arrival).toArray()).toEqual([Buffer.from("x"), new Float64Array([0.5])]);
  });

  it("is not read ahead: nothing of the source moves before it is read", async () => {
    const { socket, remote } = await paired();
    const source = endless();
    const arrival = arriving(remote);
    socket.emit("s", source);
    await arrival;
    await socket.flush();
    expect(source.readableDidRead).toBe(false);
    source.destroy();
  });

  it("is cancelled when nobody listens to its event or handles its call", async () => {
    const { socket } = await paired();
    const [unheard, unhandled] = [endless(), endless()];
    socket.emit("nobody", unheard);
    await expect(finished(unheard)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
    expect(await codeOf(socket.invoke("nobody", { unhandled }))).toBe("IPC_NO_HANDLER");
    await expect(finished(unhandled)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });
});

describe("a stream that does not come to its end", () => {
  it("fails at the reader with the error of its source", async () => {
    const { socket, remote } = await paired();
    const arrival = arriving(remote);
    socket.emit("s", createReadStream("/no/such/file"));
    await expect((await arrival).toArray()).rejects.toMatchObject({
      name: "Error",
      code: "ENOENT",
      syscall: "open",
    });
  });

  it("fails at the reader for a value that cannot be sent", async () => {
    const { socket, remote } = await paired();
    const arrival = arriving(remote);
    socket.emit("s", Readable.from([1, 1n]));
    await expect((await arrival).toArray()).rejects.toMatchObject({ code: "IPC_NOT_ENCODABLE" });
  });

  it("stops its source when its reader is destroyed, and tells why", async () => {
    const { socket, remote } = await paired();
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
    const { socket, remote } = await paired();
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
    await vi.waitFor(() => expect(cleaned).toHaveBeenCalledOnce());
  });

  it("cancels a Web stream", async () => {
    const { socket, remote } = await paired();
    const cancel = vi.fn<() => void>();
    const arrival = arriving(remote);
    socket.emit("s", new ReadableStream({ pull: (to) => to.enqueue("x"), cancel }));
    for await (const _ of await arrival) break;
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });

  it("fails on both sides when the session ends", async () => {
    const { client, socket, remote } = await paired();
    const source = endless();
    const arrival = arriving(remote);
    socket.emit("s", source);
    const stream = await arrival;
    stream.once("data", () => void client.disconnect());
    const reading = finished(stream.resume());
    await expect(finished(source)).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
    await expect(reading).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
  });

  it("raises no error that nobody listens to", async () => {
    const { client, socket, remote } = await paired();
    const arrival = arriving(remote);
    socket.emit("s", endless());
    const stream = await arrival;
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.on("data", () => void client.disconnect());
    await closed;
    await expect(codeOf(Promise.reject(stream.errored))).resolves.toBe("IPC_STREAM_LOST");
  });
});

describe("a stream that cannot be sent", () => {
  it("is broadcast: one source has one reader", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    expect(() => server.broadcastAll("s", endless())).toThrow(/several readers/);
    expect(() => server.to("room").emit("s", endless())).toThrow(/several readers/);
  });

  it("was sent before", async () => {
    const { socket } = await paired();
    const source = endless();
    socket.emit("s", source);
    expect(() => socket.emit("s", source)).toThrow(/sent before/);
  });

  it("is let go of with an event that is not accepted", async () => {
    const { client, socket } = await paired();
    await client.disconnect();
    const source = endless();
    expect(socket.emit("s", source)).toBe(false);
    await expect(finished(source)).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
  });
});

describe("many streams at once", () => {
  it("are all served, none much more than another, while small messages pass", async () => {
    const { socket, remote } = await paired();
    remote.on("echo", (data) => void remote.emit("echo", data));
    const arrived: Readable[] = [];
    remote.on("s", (stream: Readable) => void arrived.push(stream));
    const sources = Array.from({ length: 1_000 }, () => endless(8_192));
    for (const source of sources) socket.emit("s", source);
    await socket.flush();
    expect(arrived).toHaveLength(1_000);
    const trips = new RoundTrips(socket);
    const counts = arrived.map(() => 0);
    await new Promise<void>((resolve) => {
      for (const [index, stream] of arrived.entries()) {
        stream.on("data", (chunk: Buffer) => {
          counts[index] = (counts[index] ?? 0) + chunk.length;
          if ((counts[index] ?? 0) >= 65_536) resolve();
        });
      }
    });
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    expect(most / least).toBeLessThanOrEqual(2);
    const { count, slowest } = await trips.stop();
    expect(count).toBeGreaterThan(10);
    expect(slowest).toBeLessThan(2_000);
    for (const stream of arrived) stream.destroy();
    await Promise.allSettled(sources.map((source) => finished(source)));
    expect(sources.every(({ destroyed }) => destroyed)).toBe(true);
  }, 30_000);

  it("stop alone if their readers stop", async () => {
    const { socket, remote } = await paired();
    const [stopped, going] = [endless(), endless()];
    const arrival = hear(remote, "two") as Promise<Readable[]>;
    socket.emit("two", [stopped, going]);
    const [still, eager] = await arrival;
    still?.once("data", () => still.pause());
    let bytes = 0;
    for await (const chunk of eager ?? [])
      if ((bytes += (chunk as Buffer).length) > 8 * mebibyte) break;
    await socket.flush();
    expect(still?.readableLength).toBeLessThanOrEqual(2 * 65_536);
    still?.destroy();
    await expect(finished(stopped)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });
});

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
    expect(await socket.invoke("copy", source)).toBe(hashOf(bytes));
    expect(cuts).toBe(3);
    expect(socket.closed).toBe(false);
  });
});
