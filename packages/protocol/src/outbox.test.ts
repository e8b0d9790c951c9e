import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { EncodedEvent } from "./event-encoder.ts";
import { type ByteWriter, Outbox } from "./outbox.ts";

class Writes implements ByteWriter {
  readonly bufferedBytes = 0;
  readonly all: (readonly (Uint8Array | string)[])[] = [];

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([chunk as Uint8Array]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    this.all.push(chunks);
    return true;
  }

  get text(): string {
    return this.all.flat().map(String).join("");
  }
}

function written(outbox: Outbox): Writes {
  const writes = new Writes();
  outbox.writeOut(writes);
  return writes;
}

const small = new EncodedEvent(`["s"]\n`, []);
const large = new EncodedEvent(`["${"l".repeat(4096)}"]\n`, []);
const binary = new EncodedEvent(`["b",{"$bin":[0,"Buffer"]}]\n`, [Buffer.from("raw")]);

describe("an outbox", () => {
  it("writes nothing if there is nothing", () => {
    const outbox = new Outbox();
    expect(written(outbox).all).toEqual([]);
    expect(outbox.bytes).toBe(0);
  });

  it("joins small lines to one write", () => {
    const outbox = new Outbox();
    for (const line of ["a\n", "b\n", "c\n"]) outbox.pushLine(line);
    expect(outbox.bytes).toBe(6);
    expect(written(outbox).all).toEqual([["a\nb\nc\n"]]);
    expect(outbox.bytes).toBe(0);
  });

  it("joins what passes 32 Ki characters to one write too, and counts its bytes", () => {
    const outbox = new Outbox();
    const line = `${"é".repeat(20_000)}\n`;
    for (let count = 0; count < 3; count++) outbox.pushLine(line);
    expect(outbox.bytes).toBe(2 * 40_001 + 20_001);
    const { all, text } = written(outbox);
    expect(all).toHaveLength(1);
    expect(text).toBe(line.repeat(3));
  });

  it("writes a shared event that is alone as the bytes that all its sessions share", () => {
    const [one, other] = [new Outbox(), new Outbox()];
    one.pushShared(small);
    other.pushShared(small);
    expect(one.bytes).toBe(5);
    expect(written(one).all[0]?.[0]).toBe(small.chunks[0]);
    expect(written(other).all[0]?.[0]).toBe(small.chunks[0]);
  });

  it("writes a large shared event by reference wherever it stands", () => {
    const outbox = new Outbox();
    for (const event of [small, large, small, large]) outbox.pushShared(event);
    const chunks = written(outbox).all[0];
    expect(chunks?.filter((chunk) => chunk === large.chunks[0])).toHaveLength(2);
  });

  it.each([
    [[small, small]],
    [[small, binary, small]],
    [[binary, binary]],
    [[large, small, binary, large, small]],
  ])("keeps the order of shared events and lines %#", (events) => {
    const [shared, mixed] = [new Outbox(), new Outbox()];
    for (const event of events) shared.pushShared(event);
    for (const event of events) {
      mixed.pushLine("line\n");
      mixed.pushShared(event);
      mixed.pushLine("line\n");
    }
    const texts = events.map((event) => Buffer.concat(event.chunks).toString());
    expect(shared.bytes).toBeGreaterThan(0);
    expect(written(shared).text).toBe(texts.join(""));
    expect(written(mixed).text).toBe(texts.map((text) => `line\n${text}line\n`).join(""));
  });

  it("forgets everything when told", () => {
    const outbox = new Outbox();
    for (const event of [large, small]) outbox.pushShared(event);
    outbox.clear();
    expect(outbox.bytes).toBe(0);
    expect(written(outbox).all).toEqual([]);
    outbox.pushShared(small);
    outbox.clear();
    expect(outbox.bytes).toBe(0);
  });
});
