import { describe, expect, it } from "vitest";
import { EncodedEvent } from "../messages/event-encoder.ts";
import { asBytes } from "./batch.ts";
import { Drops } from "./drops.ts";
import type { Passage } from "./lane.ts";
import { Outgoing } from "./outgoing.ts";

function event(name: string): EncodedEvent {
  return new EncodedEvent(`["${name}"]\n`, [], name);
}

function takeAll(outgoing: Outgoing, marks: unknown[] = []): string[] {
  const out: Passage["out"] = [];
  const passage: Passage = { fragments: true, keeps: true, room: Infinity, out };
  while (outgoing.take(passage, { reach: (...mark) => void marks.push(mark) }));
  return out.map((chunk) => asBytes(chunk).toString()).filter((text) => !text.startsWith("~"));
}

function filled(): Outgoing {
  const outgoing = new Outgoing();
  for (const index of [0, 2, 5]) {
    for (const name of ["a", "b"]) outgoing.lane(index).queue.pushAlone(event(`${name}${index}`));
  }
  return outgoing;
}

describe("given messages on lanes 0, 2 and 5", () => {
  it("gives each lane its turn", () => {
    expect(takeAll(filled())).toEqual(
      ["a0", "a2", "a5", "b0", "b2", "b5"].map((name) => `["${name}"]\n`),
    );
  });

  it("reaches a mark when all before it on its lane was taken", () => {
    const outgoing = filled();
    const mark = {};
    outgoing.lane(2).queue.pushMark(mark);
    const marks: unknown[] = [];
    takeAll(outgoing, marks);
    expect(marks).toEqual([[mark, 2, 2]]);
  });

  it("takes acknowledgements of all lanes together, or none", () => {
    const outgoing = filled();
    takeAll(outgoing);
    expect(outgoing.sent).toBe(6);
    expect(outgoing.acknowledge([2, 0, 3])).toBe(false);
    expect(outgoing.acknowledge([2, 1])).toBe(false);
    expect(outgoing.first.acknowledged).toBe(0);
    expect(outgoing.acknowledge([2, 0, 1, 0, 0, 2])).toBe(true);
    outgoing.rewind();
    expect(outgoing.isThrough).toBe(false);
    expect(takeAll(outgoing)).toEqual([`["b2"]\n`]);
  });

  it("goes on from counts of all lanes together, or from none", () => {
    const outgoing = filled();
    takeAll(outgoing);
    expect(outgoing.resume([2, 0, 0, 0, 0, 3])).toBe(false);
    expect(outgoing.resume([2, 1])).toBe(false);
    expect(outgoing.resume([1, 0, 2])).toBe(true);
    expect(takeAll(outgoing)).toEqual([`["b0"]\n`, `["a5"]\n`, `["b5"]\n`]);
  });

  it("takes counts that can be, and no others", () => {
    const outgoing = filled();
    takeAll(outgoing);
    outgoing.confirm([9, 0, 1]);
    expect([outgoing.first.acknowledged, outgoing.lane(2).acknowledged]).toEqual([0, 1]);
  });

  it("drops of one lane before the others", () => {
    const outgoing = filled();
    const { waitingBytes } = outgoing;
    outgoing.dropOldest(waitingBytes - 1, 2, new Drops());
    expect(takeAll(outgoing)).not.toContain(`["a2"]\n`);
    const another = filled();
    another.dropOldest(0, 5, new Drops());
    expect(another.waitingBytes).toBe(0);
  });

  it("drops no more for a message that leaves in fragments", () => {
    const outgoing = new Outgoing();
    outgoing.first.queue.pushAlone(event("x".repeat(300_000)));
    const passage: Passage = { fragments: true, keeps: true, room: Infinity, out: [] };
    outgoing.take(passage, { reach: () => undefined });
    for (const name of ["a", "b", "c"]) outgoing.first.queue.pushAlone(event(name));
    outgoing.dropOldest(outgoing.queuedBytes - 1, 0, new Drops());
    const lines = takeAll(outgoing).filter((line) => line.length < 10);
    expect(lines).toEqual([`["b"]\n`, `["c"]\n`]);
  });

  it("tells the lane of what was not sent", () => {
    const { unsent, unconfirmed } = filled().remains();
    expect(unsent.map(({ lane }) => lane)).toEqual([undefined, undefined, 2, 2, 5, 5]);
    expect(unconfirmed).toEqual([]);
  });
});
