import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf } from "../test/code-of.ts";
import { keys } from "../test/handshake-pair.ts";
import type { PasswordKey } from "./password-key.ts";
import { sealRecord } from "./record.ts";
import { ExactReader } from "./exact-reader.ts";
import { SecureStream } from "./secure-stream.ts";
import { TrafficKey } from "./traffic-key.ts";

/** The bytes of a greeting. */
const greetingBytes = 78;

let key: PasswordKey;
let other: PasswordKey;

beforeAll(async () => {
  key = await keys.derive("password", "stream");
  other = await keys.derive("another", "stream");
});

/** Two streams and everything each has received, joined by a cable that cuts bytes as told. */
class Cable {
  readonly client: SecureStream;
  readonly server: SecureStream;
  readonly heard = { client: "", server: "" };
  readonly #cut: (bytes: Buffer) => Buffer[];

  constructor(cut: (bytes: Buffer) => Buffer[] = (bytes) => [bytes], serverKey = key) {
    this.client = new SecureStream("initiator", key, { rekey: { recordsPerKey: 3 } });
    this.server = new SecureStream("responder", serverKey, { rekey: { recordsPerKey: 4 } });
    this.#cut = cut;
  }

  connect(): this {
    this.write("server", this.server.start());
    this.write("server", this.client.start());
    return this;
  }

  write(to: "client" | "server", written: readonly Uint8Array[]): void {
    for (const chunk of this.#cut(Buffer.concat(written))) {
      const { write, received } = this[to].handleBytes(chunk);
      this.heard[to] += Buffer.concat(received).toString();
      if (write.length > 0) this.write(to === "client" ? "server" : "client", write);
    }
  }
}

/** A server to which only so many bytes came of all that its client wrote: greeting, Finished, ten bytes, close. */
function serverThatGot(bytes: number): SecureStream {
  const client = new SecureStream("initiator", key);
  const server = new SecureStream("responder", key);
  let left = bytes;
  const deliver = (written: readonly Uint8Array[]): readonly Uint8Array[] => {
    const arrived = Buffer.concat(written).subarray(0, left);
    left -= arrived.length;
    return server.handleBytes(arrived).write;
  };
  const answer = Buffer.concat(deliver(client.start()));
  const { write } = client.handleBytes(answer);
  if (client.ready) deliver([...write, ...client.send(["last words"]), ...client.close()]);
  return server;
}

function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.of(byte));
}

describe("two streams over a cable", () => {
  it.each([
    ["whole", (bytes: Buffer) => [bytes]],
    ["byte by byte", byteByByte],
    ["with an empty chunk in front", (bytes: Buffer) => [Buffer.alloc(0), bytes]],
  ])("carry text in both directions, delivered %s", (_how, cut) => {
    const cable = new Cable(cut).connect();
    expect([cable.client.ready, cable.server.ready]).toEqual([true, true]);
    for (let i = 0; i < 10; i++) {
      cable.write("server", cable.client.send([`to server ${i};`]));
      cable.write("client", cable.server.send([`to client ${i};`]));
    }
    expect(cable.heard.server).toBe(
      Array.from({ length: 10 }, (_, i) => `to server ${i};`).join(""),
    );
    expect(cable.heard.client).toBe(
      Array.from({ length: 10 }, (_, i) => `to client ${i};`).join(""),
    );
    cable.write("server", cable.client.close());
    expect(cable.server.peerClosed).toBe(true);
    cable.server.handleEnd();
    cable.write("client", cable.server.close());
    cable.client.handleEnd();
  });

  it("hear the same however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 200 })), (lengths) => {
        const cut = (bytes: Buffer): Buffer[] => {
          const pieces: Buffer[] = [];
          for (let at = 0; at < bytes.length;) {
            const { value } = lengths.next() as { value: number };
            pieces.push(bytes.subarray(at, at + value));
            at += value;
          }
          return pieces;
        };
        const cable = new Cable(cut).connect();
        cable.write("server", cable.client.send(["first", "x".repeat(1000)]));
        cable.write("server", [...cable.client.send(["a"]), ...cable.client.send(["b"])]);
        expect(cable.heard.server).toBe(`first${"x".repeat(1000)}ab`);
      }),
      { numRuns: 50 },
    );
  });

  it("may prepare what comes next at any time, which changes nothing that is heard", () => {
    const cable = new Cable();
    cable.client.prepare();
    cable.connect();
    for (let i = 0; i < 10; i++) {
      if (i % 3 > 0) cable.client.prepare();
      if (i % 2 > 0) cable.server.prepare();
      cable.write("server", cable.client.send([`${i};`]));
      cable.write("client", cable.server.send([`${i};`]));
    }
    const all = "0;1;2;3;4;5;6;7;8;9;";
    expect(cable.heard).toEqual({ client: all, server: all });
  });

  it("update their keys in both directions at once, crossing on the way", () => {
    const cable = new Cable().connect();
    for (let i = 0; i < 1000; i++) {
      const toServer = cable.client.send([`c${i}`]);
      const toClient = cable.server.send([`s${i}`]);
      cable.write("client", toClient);
      cable.write("server", toServer);
    }
    expect(cable.heard.server).toBe(Array.from({ length: 1000 }, (_, i) => `c${i}`).join(""));
    expect(cable.heard.client).toBe(Array.from({ length: 1000 }, (_, i) => `s${i}`).join(""));
  });
});

describe("given something is wrong", () => {
  it("a wrong password ends the client's side with a clear error, for good", () => {
    const cable = new Cable(undefined, other);
    expect(codeOf(() => cable.connect())).toBe("IPC_AUTHENTICATION_FAILED");
    expect(cable.client.ready).toBe(false);
    expect(codeOf(() => cable.client.handleBytes(Buffer.alloc(0)))).toBe(
      "IPC_AUTHENTICATION_FAILED",
    );
    expect(
      codeOf(() => {
        cable.client.handleEnd();
      }),
    ).toBe("IPC_AUTHENTICATION_FAILED");
    expect(() => cable.client.send(["secret"])).toThrow(
      expect.objectContaining({
        code: "IPC_CHANNEL_CLOSED",
        cause: expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }) as unknown,
      }),
    );
  });

  it("nothing can be sent before the peer has proved the password", () => {
    const stream = new SecureStream("initiator", key);
    expect(codeOf(() => stream.send(["early"]))).toBe("IPC_CHANNEL_NOT_READY");
    expect(codeOf(() => stream.close())).toBe("IPC_CHANNEL_NOT_READY");
  });

  it("another protocol, or two clients, are told apart from an attack", () => {
    const server = new SecureStream("responder", key);
    const http = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n".padEnd(greetingBytes));
    expect(codeOf(() => server.handleBytes(http))).toBe("IPC_GREETING_INVALID");
    const one = new SecureStream("initiator", key);
    const two = new SecureStream("initiator", key);
    expect(codeOf(() => one.handleBytes(Buffer.concat(two.start())))).toBe("IPC_GREETING_INVALID");
  });

  it("cut anywhere, the stream is truncated and never cleanly ended", () => {
    const whole = greetingBytes + 69 + 31 + 23;
    for (let bytes = 0; bytes < whole; bytes++) {
      const server = serverThatGot(bytes);
      expect(server.peerClosed).toBe(false);
      expect(
        codeOf(() => {
          server.handleEnd();
        }),
      ).toBe("IPC_TRUNCATED");
    }
    const server = serverThatGot(whole);
    expect(server.peerClosed).toBe(true);
    server.handleEnd();
  });

  it("a record's length is refused at its header, without waiting for the body", () => {
    for (const [header, code] of [
      [Buffer.of(0x17, 0xff, 0xff, 0xff), "IPC_RECORD_SIZE"],
      [Buffer.of(0x17, 1, 0, 18), "IPC_RECORD_SIZE"],
      [Buffer.of(0x17, 1, 0, 17), "no error"],
      [Buffer.of(0x17, 0, 0, 16), "IPC_RECORD_SIZE"],
      [Buffer.of(0x17, 0, 0, 17), "no error"],
      [Buffer.of(0x16, 0, 0, 17), "IPC_RECORD_UNEXPECTED"],
    ] as const) {
      const cable = new Cable().connect();
      expect(codeOf(() => cable.server.handleBytes(header))).toBe(code);
    }
  });

  it("before authentication a record has 65 bytes or fewer", () => {
    for (const [length, code] of [
      [64, "no error"],
      [65, "no error"],
      [66, "IPC_RECORD_SIZE"],
    ] as const) {
      const server = new SecureStream("responder", key);
      server.handleBytes(Buffer.concat(new SecureStream("initiator", key).start()));
      expect(codeOf(() => server.handleBytes(Buffer.of(0x17, 0, 0, length)))).toBe(code);
    }
  });

  it("a record under keys of one's own making is refused", () => {
    const cable = new Cable().connect();
    const forged = sealRecord(new TrafficKey(Buffer.alloc(48)), 23, Buffer.from("forged"));
    expect(codeOf(() => cable.server.handleBytes(forged))).toBe("IPC_RECORD_CORRUPT");
  });
});

describe("reading exact lengths", () => {
  it("gives the same pieces however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }),
        (chunks, lengths) => {
          const all = Buffer.concat(chunks);
          const reader = new ExactReader();
          const waiting = [...chunks];
          let at = 0;
          for (const length of lengths) {
            let piece = reader.take(length);
            while (!piece && waiting.length > 0) {
              reader.push(waiting.shift() ?? Buffer.alloc(0));
              piece = reader.take(length);
            }
            const expected = at + length <= all.length ? all.subarray(at, at + length) : undefined;
            expect(piece === undefined || piece.equals(expected ?? Buffer.of(1))).toBe(true);
            expect(piece === undefined).toBe(expected === undefined);
            if (!expected) break;
            at += length;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps what came behind a chunk that alone was long enough", () => {
    const reader = new ExactReader();
    for (const text of ["abcdef", "ghi", "jkl"]) reader.push(Buffer.from(text));
    expect([2, 3, 4, 3, 1].map((length) => reader.take(length)?.toString())).toEqual([
      "ab",
      "cde",
      "fghi",
      "jkl",
      undefined,
    ]);
  });
});
