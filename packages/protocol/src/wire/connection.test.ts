import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { secureChannels } from "../../test/secure-channels.ts";
import { type ByteWriter, RecordWriter } from "./connection.ts";
import { RecordReader } from "./record-reader.ts";

/** A connection that takes everything, and answers what it is told to. */
class Target implements ByteWriter {
  readonly writes: Buffer[] = [];
  bufferedBytes = 0;
  answer = true;

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([Buffer.from(chunk as Uint8Array)]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    this.writes.push(Buffer.concat(chunks));
    return this.answer;
  }
}

describe("RecordWriter", () => {
  let target: Target;
  let writer: RecordWriter;
  let received: string[];
  let reader: RecordReader;

  beforeEach(async () => {
    const { client, server } = await secureChannels();
    target = new Target();
    writer = new RecordWriter(client.sealer).onto(target);
    received = [];
    const read = (chunk: Uint8Array): number => received.push(Buffer.from(chunk).toString());
    reader = new RecordReader(server.opener, { read, stop: () => undefined });
  });

  it("makes one record and one write of what is sent together", () => {
    expect(writer.send("text")).toBe(true);
    expect(writer.sendAll([Buffer.from("one "), Buffer.from("batch")])).toBe(true);
    expect(target.writes.length).toBe(2);
    for (const bytes of target.writes) reader.read(bytes);
    expect(received).toEqual(["text", "one batch"]);
  });

  it("makes one write of a batch that needs several records", () => {
    writer.sendAll([Buffer.alloc(100_000, "x")]);
    expect(target.writes.length).toBe(1);
    reader.read(target.writes[0] ?? Buffer.alloc(0));
    expect(received.map((text) => text.length)).toEqual([65_536, 34_464]);
  });

  it("answers what the connection answers, and how much that holds", () => {
    target.answer = false;
    target.bufferedBytes = 7;
    expect(writer.send("x")).toBe(false);
    expect(writer.bufferedBytes).toBe(7);
  });

  it("tells the peer that nothing follows, and can seal nothing afterwards", () => {
    writer.end();
    reader.read(target.writes[0] ?? Buffer.alloc(0));
    expect(() => reader.end()).not.toThrow();
    expect(() => writer.send("more")).toThrowError(
      expect.objectContaining({ code: "IPC_CHANNEL_CLOSED" }),
    );
  });

  it("forgets its keys without a word when told so", () => {
    writer.drop();
    expect(() => writer.send("more")).toThrowError(
      expect.objectContaining({ code: "IPC_CHANNEL_CLOSED" }),
    );
    expect(target.writes).toEqual([]);
  });

  it("writes nowhere before it has a connection", async () => {
    const { client } = await secureChannels();
    const without = new RecordWriter(client.sealer);
    expect(without.bufferedBytes).toBe(0);
    expect(without.send("x")).toBe(false);
  });
});
