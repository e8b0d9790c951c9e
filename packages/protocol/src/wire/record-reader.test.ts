import { Buffer } from "node:buffer";
import { FramingError } from "@ipc/framing";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { secureChannels } from "../../test/secure-channels.ts";
import { type ByteReader, RecordReader } from "./record-reader.ts";

/** Keeps what it is given. */
class Recorder implements ByteReader {
  readonly chunks: Buffer[] = [];
  stopped = false;

  read(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
  }

  stop(): void {
    this.stopped = true;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

function coded(code: string): unknown {
  return expect.objectContaining({ code });
}

describe("RecordReader", () => {
  let channels: Awaited<ReturnType<typeof secureChannels>>;
  let recorder: Recorder;
  let reader: RecordReader;

  async function renew(rekey = {}): Promise<void> {
    channels = await secureChannels(rekey);
    recorder = new Recorder();
    reader = new RecordReader(channels.server.opener, recorder);
  }

  function sealed(...chunks: (string | Uint8Array)[]): Buffer {
    return Buffer.concat(channels.client.sealer.seal(chunks));
  }

  beforeEach(() => renew());

  it("hands on what the records hold, in order, and no empty chunk", async () => {
    await renew({ recordsPerKey: 2 });
    reader.read(Buffer.concat([sealed("one "), sealed("two "), sealed("three")]));
    reader.read(Buffer.from(channels.client.sealer.close()));
    expect(recorder.chunks.map(String)).toEqual(["one ", "two ", "three"]);
  });

  it("yields the same however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (cuts) => {
          await renew({ recordsPerKey: 3 });
          const bytes = Buffer.concat(
            ["a", "bc", "def", "ghij", "klmno"].map((text) => sealed(text)),
          );
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            reader.read(bytes.subarray(at, at + size));
            at += size;
          }
          expect(recorder.text).toBe("abcdefghijklmno");
        },
      ),
      { numRuns: 25 },
    );
  });

  it.runIf("transfer" in ArrayBuffer.prototype)(
    "frees what a large record held once the next reader has read it",
    () => {
      const kept: Uint8Array[] = [];
      const read = (chunk: Uint8Array): number => kept.push(chunk);
      const freeing = new RecordReader(channels.server.opener, { read, stop: () => undefined });
      freeing.read(sealed(Buffer.alloc(16_383)));
      freeing.read(sealed(Buffer.alloc(16_384)));
      expect(kept.map(({ byteLength }) => byteLength)).toEqual([16_383, 0]);
    },
  );

  it("hands on nothing of a record before its last byte", () => {
    const record = sealed("whole or not at all");
    for (const byte of record.subarray(0, -1)) reader.read(Buffer.of(byte));
    expect(recorder.chunks).toEqual([]);
    reader.read(record.subarray(-1));
    expect(recorder.text).toBe("whole or not at all");
  });

  it("takes records of up to 64 KiB of content", () => {
    reader.read(sealed(Buffer.alloc(65_536, "x")));
    expect(recorder.text.length).toBe(65_536);
  });

  it.each([
    ["one byte more than a record may have", Buffer.of(0x17, 1, 0, 18), "IPC_RECORD_SIZE"],
    ["a record of 16 MiB", Buffer.of(0x17, 0xff, 0xff, 0xff), "IPC_RECORD_SIZE"],
    [
      "a record too short for a tag",
      Buffer.concat([Buffer.of(0x17, 0, 0, 16), Buffer.alloc(16)]),
      "IPC_RECORD_SIZE",
    ],
    ["a record of no bytes", Buffer.of(0x17, 0, 0, 0), "IPC_RECORD_SIZE"],
    ["something that begins no record", Buffer.from("{"), "IPC_RECORD_UNEXPECTED"],
    [
      "a record that was never sealed",
      Buffer.concat([Buffer.of(0x17, 0, 0, 17), Buffer.alloc(17)]),
      "IPC_RECORD_CORRUPT",
    ],
  ])("refuses %s as soon as it is known", (_, bytes, code) => {
    expect(() => reader.read(bytes)).toThrowError(coded(code));
    expect(recorder.chunks).toEqual([]);
  });

  it("keeps the framing's own error as the cause", () => {
    expect(() => reader.read(Buffer.from("x"))).toThrowError(
      expect.objectContaining({ cause: expect.any(FramingError) as unknown }),
    );
  });

  it("lets the next reader's errors pass as they are", () => {
    const error = new FramingError("IPC_FRAMING_EMPTY_LINE", {});
    recorder.read = () => {
      throw error;
    };
    expect(() => reader.read(sealed("\n"))).toThrowError(error);
  });

  describe("given the next reader stops it", () => {
    it("opens no further record, and forgets the keys", () => {
      const [first, second] = [sealed("enough"), sealed("more")];
      recorder.read = () => reader.stop();
      reader.read(Buffer.concat([first, second]));
      expect(recorder.stopped).toBe(true);
      expect(() => channels.server.opener.open(second.subarray(4))).toThrowError(
        coded("IPC_CHANNEL_CLOSED"),
      );
      reader.read(second);
    });
  });

  describe("given the stream ends", () => {
    it("takes it for whole after the peer's close", () => {
      reader.read(Buffer.from(channels.client.sealer.close()));
      expect(() => reader.end()).not.toThrow();
    });

    it("takes it for cut off otherwise, between records too", () => {
      reader.read(sealed("last words?"));
      expect(() => reader.end()).toThrowError(coded("IPC_TRUNCATED"));
    });
  });
});
