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
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { arriving } from "./arriving.ts";
import { codeOf } from "./code-of.ts";
import { endless } from "./endless.ts";
import { Gate } from "./gate.ts";
import { openPair } from "./open-pair.ts";
import { TestPlace } from "./test-place.ts";

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

async function* counting(to: number): AsyncGenerator<{ n: number }> {
  for (let n = 0; n < to; n++) yield { n };
}

function offer(to: ReadableStreamDefaultController): void {
  to.enqueue({ a: 1 });
  to.close();
}

describe.each([
  ["in plaintext", {}],
  ["with a password", { password: "correct horse" }],
])("a stream, %s", (_, options) => {
  it("copies a file", async () => {
    const files = folder();
    const bytes = randomBytes(3 * mebibyte + 17);
    writeFileSync(join(files, "source"), bytes);
    const { socket, remote } = await openPair(options);
    remote.handle("copy", async (body: Readable) => {
      await pipeline(body, createWriteStream(join(files, "copy")));
    });
    await socket.invoke("copy", createReadStream(join(files, "source")));
    expect(hashOf(readFileSync(join(files, "copy")))).toBe(hashOf(bytes));
  });

  it("goes both ways at once, with events and calls, at any depth", async () => {
    const { socket, remote } = await openPair(options);
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
    const { socket, remote } = await openPair();
    const cases: [unknown, boolean, unknown][] = [
      [new PassThrough().end("bytes"), false, "bytes"],
      [new PassThrough({ encoding: "hex" }).end("bytes"), false, "bytes"],
      [new Blob(["blob"]).stream(), false, "blob"],
      [new Blob(["blob"]), false, "blob"],
      [new File(["file"], "file.txt"), false, "file"],
      [Readable.from([Buffer.from("bytes")], { objectMode: false }), false, "bytes"],
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
    const { socket, remote } = await openPair();
    const arrival = arriving(remote);
    socket.emit("s", Readable.from([Buffer.from("x"), new Float64Array([0.5])]));
    expect(await (await arrival).toArray()).toEqual([Buffer.from("x"), new Float64Array([0.5])]);
  });

  it("is not read ahead: nothing of the source moves before it is read", async () => {
    const { socket, remote } = await openPair();
    const source = endless();
    const arrival = arriving(remote);
    socket.emit("s", source);
    await arrival;
    await socket.flush();
    expect(source.readableDidRead).toBe(false);
    source.destroy();
  });

  it("is cancelled when its event has no listener or its call no handler", async () => {
    const { socket } = await openPair();
    const [unheard, unhandled] = [endless(), endless()];
    socket.emit("nobody", unheard);
    await expect(finished(unheard)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
    expect(await codeOf(socket.invoke("nobody", { unhandled }))).toBe("IPC_NO_HANDLER");
    await expect(finished(unhandled)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });
});

describe.each([
  ["a Buffer", (bytes: Buffer) => Readable.from([bytes], { objectMode: false })],
  [
    "a Uint8Array",
    (bytes: Buffer) => Readable.from([Uint8Array.from(bytes)], { objectMode: false }),
  ],
  ["a Blob", (bytes: Buffer) => new Blob([bytes])],
])("a large value, sent in a line: %s", (_, sent) => {
  it("may have more bytes than a message, is read whole in a line, and lets small calls pass", async () => {
    const place = new TestPlace();
    const limits = { maxMessageBytes: mebibyte };
    const { socket, remote } = await place.pair(await place.serve(limits), limits);
    const order: string[] = [];
    remote.handle("small", () => void order.push("small"));
    remote.handle("large", async (stream: Readable) => {
      const whole = Buffer.concat(await stream.toArray());
      order.push("large");
      return hashOf(whole);
    });
    const bytes = randomBytes(5 * mebibyte + 1);
    const large = socket.invoke("large", sent(bytes), { timeout: 0 });
    await socket.invoke("small");
    expect(await large).toBe(hashOf(bytes));
    expect(order).toEqual(["small", "large"]);
  });
});

describe("a stream in a call that is given up before its handler begins", () => {
  it("is cancelled, and its place is free for another one", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxStreams: 2 });
    const gate = new Gate();
    server.handle("serial", gate.handler, { concurrency: 1 });
    const { socket, remote } = await place.pair(server);
    const first = socket.invoke("serial");
    await gate.holds(1);
    for (let round = 0; round < 3; round++) {
      const [source, giveUp] = [endless(), new AbortController()];
      const call = codeOf(socket.invoke("serial", source, { signal: giveUp.signal }));
      while (remote.stats().pendingCalls < 2 + round) await turn();
      giveUp.abort();
      expect(await call).toBe("IPC_CALL_CANCELLED");
      await expect(finished(source)).rejects.toMatchObject({ code: "IPC_STREAM_CANCELLED" });
    }
    gate.open();
    await first;
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
    const { socket } = await openPair();
    const source = endless();
    socket.emit("s", source);
    expect(() => socket.emit("s", source)).toThrow(/sent before/);
  });

  it("is let go of with an event that is not accepted", async () => {
    const { client, socket } = await openPair();
    await client.disconnect();
    const source = endless();
    expect(socket.emit("s", source)).toBe(false);
    await expect(finished(source)).rejects.toMatchObject({ code: "IPC_STREAM_LOST" });
  });
});
