import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { Batch, Chunk } from "./batch.ts";
import { Flushes } from "./flushes.ts";
import { Outgoing } from "./outgoing.ts";
import { SendSchedule } from "./send-schedule.ts";

/** A stream that always has a chunk, of which so many are left. */
class Spring {
  left = 0;

  get hasChunk(): boolean {
    return this.left > 0;
  }

  takeChunk(): Batch | undefined {
    return this.left-- > 0 ? { chunks: ["chunk\n"], size: 6, messages: 1 } : undefined;
  }
}

function setUp(acknowledges = true): {
  outgoing: Outgoing;
  flushes: Flushes;
  spring: Spring;
  schedule: SendSchedule;
  write: () => Chunk[];
} {
  const [outgoing, flushes, spring] = [new Outgoing(), new Flushes(), new Spring()];
  const schedule = new SendSchedule(outgoing, flushes, spring, 200);
  schedule.apply({ message: 16_384, acknowledges, fragments: false });
  const write = (): Chunk[] => {
    const out: Chunk[] = [];
    schedule.gather(out);
    return out;
  };
  return { outgoing, flushes, spring, schedule, write };
}

describe("the schedule of what leaves", () => {
  it("lets nothing more go while too much is unacknowledged, and asks for an acknowledgement once", () => {
    const { outgoing, schedule, write } = setUp();
    const long = `${"x".repeat(99)}\n`;
    outgoing.first.queue.pushLine(long);
    expect(write()).toEqual([long]);
    outgoing.first.queue.pushLine("more\n");
    expect([schedule.isOpen, schedule.isThrough]).toEqual([false, false]);
    expect(write()).toEqual([]);
    expect([schedule.asks(), schedule.asks()]).toEqual([true, false]);
    outgoing.acknowledge([1]);
    expect(schedule.isOpen).toBe(true);
    expect(write()).toEqual(["more\n"]);
    expect(schedule.asks()).toBe(false);
    expect(schedule.writtenBytes).toBe(105);
  });

  it("asks for an acknowledgement when a flush waits for it", () => {
    const { flushes, outgoing, schedule, write } = setUp();
    outgoing.first.queue.pushLine("123\n");
    write();
    expect(schedule.asks()).toBe(false);
    flushes.add({}, 0, new Map([[0, 1]]));
    expect([schedule.atRest, schedule.asks(), schedule.asks()]).toEqual([false, true, false]);
    schedule.restart();
    expect(schedule.asks()).toBe(true);
  });

  it("asks a peer that acknowledges nothing for nothing", () => {
    const { flushes, outgoing, schedule, write } = setUp(false);
    outgoing.first.queue.pushLine("x".repeat(200));
    flushes.add({}, 0, new Map([[0, 1]]));
    write();
    expect([schedule.isOpen, schedule.asks()]).toEqual([true, false]);
  });

  it("puts one chunk of a stream among events, and all that go behind them", () => {
    const { outgoing, schedule, spring, write } = setUp(false);
    spring.left = 3;
    outgoing.first.queue.pushLine("first\n");
    expect(schedule.atRest).toBe(false);
    const text = write().map((chunk) => Buffer.from(chunk as string).toString());
    expect(text).toEqual(["first\n", "chunk\n", "chunk\n", "chunk\n"]);
    expect([schedule.atRest, schedule.isThrough]).toEqual([true, true]);
  });

  it("keeps back what comes while it holds, and nothing goes once the peer takes none", () => {
    const { outgoing, schedule, spring, write } = setUp();
    spring.left = 1;
    outgoing.first.queue.pushLine("queued\n");
    schedule.hold();
    outgoing.first.queue.pushLine("held\n");
    expect(write()).toEqual(["queued\n"]);
    outgoing.acknowledge([1]);
    expect([write(), schedule.isThrough, schedule.atRest]).toEqual([[], true, false]);
    schedule.silence();
    expect([write(), schedule.isThrough]).toEqual([[], true]);
    schedule.release();
    expect(schedule.isThrough).toBe(false);
    expect(write()).toHaveLength(2);
  });
});
