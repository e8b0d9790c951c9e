import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { EncodedEvent } from "../messages/event-encoder.ts";
import { asBytes } from "./batch.ts";
import { fragmentedFromBytes, Lane, type Passage } from "./lane.ts";

function passage(terms: Partial<Passage> = {}): Passage {
  return { fragments: true, keeps: true, room: Infinity, out: [], ...terms };
}

function textOf({ out }: Passage): string {
  return Buffer.concat(out.splice(0).map(asBytes)).toString("latin1");
}

function takeAll(lane: Lane, through: Passage): string {
  while (lane.take(through) !== false);
  return textOf(through);
}

function event(size: number): EncodedEvent {
  return new EncodedEvent(`["${"x".repeat(size - 5)}"]\n`, [], "e");
}

describe("given messages on lane 0", () => {
  it("numbers them as they are written, and keeps them until they are acknowledged", () => {
    const lane = new Lane(0);
    lane.queue.pushLine(`["a"]\n`);
    lane.queue.pushLine(`["b"]\n`);
    expect([lane.sent, lane.idle]).toEqual([0, false]);
    expect(takeAll(lane, passage())).toBe(`["a"]\n["b"]\n`);
    expect([lane.sent, lane.idle, lane.unconfirmedBytes > 0]).toEqual([2, true, true]);
    lane.acknowledge(2);
    expect([lane.acknowledged, lane.unconfirmedBytes]).toEqual([2, 0]);
  });

  it("writes again what was not acknowledged, before what waits", () => {
    const lane = new Lane(0);
    const through = passage();
    for (const name of ["a", "b", "c"]) {
      lane.queue.pushLine(`["${name}"]\n`);
      takeAll(lane, through);
    }
    lane.acknowledge(1);
    lane.hold();
    lane.queue.pushLine(`["d"]\n`);
    lane.rewind();
    expect([lane.sent, lane.isThrough]).toEqual([1, false]);
    expect(takeAll(lane, passage())).toBe(`["b"]\n["c"]\n`);
    lane.release();
    expect(takeAll(lane, passage())).toBe(`["d"]\n`);
    expect(lane.sent).toBe(4);
  });

  it.each([
    [0, false],
    [1, true],
    [2, true],
    [3, true],
    [4, false],
  ])("of which three were written and one acknowledged, can go on from %d: %s", (count, can) => {
    const lane = new Lane(0);
    for (const name of ["a", "b", "c"]) lane.queue.pushLine(`["${name}"]\n`);
    takeAll(lane, passage());
    lane.acknowledge(1);
    expect(lane.couldResume(count)).toBe(can);
    if (!can) return;
    lane.resume(count);
    expect(lane.sent).toBe(count);
    expect(takeAll(lane, passage())).toBe([`["b"]\n`, `["c"]\n`].slice(count - 1).join(""));
  });
});

describe("given a large message", () => {
  it.each([
    [fragmentedFromBytes - 1, false],
    [fragmentedFromBytes, false],
    [fragmentedFromBytes + 1, true],
  ])("of %d bytes, cuts it into fragments: %s", (size, fragments) => {
    const lane = new Lane(0);
    lane.queue.pushAlone(event(size));
    expect(takeAll(lane, passage()).startsWith("~0 65520\n")).toBe(fragments);
  });

  it("does not begin before the peer has room for it, and gives the room back", () => {
    const lane = new Lane(0);
    lane.queue.pushAlone(event(300_000));
    const through = passage({ room: 299_999 });
    expect(lane.take(through)).toBe(false);
    expect(lane.isThrough).toBe(false);
    through.room = 300_000;
    expect(lane.take(through)).toBe(true);
    expect(through.room).toBe(0);
    takeAll(lane, through);
    expect(through.room).toBe(300_000);
  });

  it("writes it whole again when it was cut", () => {
    const lane = new Lane(0);
    lane.queue.pushAlone(event(300_000));
    lane.take(passage());
    expect([lane.sent, lane.couldResume(1)]).toEqual([0, false]);
    expect(lane.waitingBytes).toBe(300_000);
    lane.rewind();
    expect(takeAll(lane, passage())).toHaveLength(300_000 + 4 * 9 + 10);
    expect(lane.sent).toBe(1);
  });

  it("goes as it is to a peer without fragments", () => {
    const lane = new Lane(0);
    lane.queue.pushAlone(event(300_000));
    expect(takeAll(lane, passage({ fragments: false }))).toHaveLength(300_000);
  });
});

describe("given another lane", () => {
  it("marks each message with its lane", () => {
    const lane = new Lane(3);
    lane.queue.pushAlone(event(10));
    lane.queue.pushAlone(event(10));
    expect(takeAll(lane, passage())).toBe(`~3 10!\n["xxxxx"]\n`.repeat(2));
    expect(lane.sent).toBe(2);
  });
});

describe("given the end", () => {
  it("tells what may have arrived from what did not", () => {
    const lane = new Lane(1);
    for (const size of [10, 11, 300_000, 12]) lane.queue.pushAlone(event(size));
    const through = passage();
    for (let count = 0; count < 3; count++) lane.take(through);
    lane.acknowledge(1);
    const { unconfirmed, unsent } = lane.remains();
    expect(unconfirmed.map(({ size }) => size)).toEqual([11]);
    expect(unsent.map(({ size }) => size)).toEqual([300_000, 12]);
    lane.clear();
    expect(lane.idle).toBe(true);
  });
});
