import { defaultLimits, type SessionSink } from "@ipc/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeAllTime } from "../../test/fake-all-time.ts";
import { begunSession } from "../../test/begun-session.ts";
import { WrittenConnection } from "../../test/written-connection.ts";
import type { Driver } from "./driver.ts";

let time: ReturnType<typeof fakeAllTime>;
beforeEach(() => {
  time = fakeAllTime();
});
afterEach(() => time.restore());

/** A sink that throws at the first report. */
class Throwing implements SessionSink {
  #reports = 0;
  handleEvent(event: string): void {
    if (event === "ipc:report" && this.#reports++ === 0) throw new Error("a mistake");
  }
  handleCall(): void {}
  handleCancel(): void {}
  handleReply(): void {}
  handleClosed(): void {}
}

function emit(driver: Driver, event: string, data: unknown): boolean {
  const answer = driver.session.emit(event, data);
  driver.noteQueued();
  return answer;
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

describe("what is emitted within the listener of drain", () => {
  it("leaves in the next tick, though nothing comes from the peer", async () => {
    const sink = new Throwing();
    const connection = new WrittenConnection();
    const driver = begunSession(connection, sink, { ...defaultLimits, highWaterMark: 10 });
    let said = 0;
    sink.handleEvent = (event) => {
      if (event === "drain" && said === 0) emit(driver, "after", ++said);
    };
    expect(emit(driver, "much", "x".repeat(100))).toBe(false);
    await tick();
    await tick();
    expect(connection.text).toContain('["after",1]');
  });
});

describe("given who hears throws at what comes of a write", () => {
  it("still watches the deadlines of the session", async () => {
    const driver = begunSession(new WrittenConnection(false), new Throwing());
    const { session } = driver;
    expect(session.phase).toBe("open");
    await tick();
    session.emitWith("at once", 1, { volatile: true }, performance.now());
    session.emitWith("soon", 1, { ttl: 100 }, performance.now());
    expect(() => driver.handleTick()).toThrow("a mistake");
    await tick();
    vi.advanceTimersByTime(200);
    expect(session.stats.dropped).toEqual({ "at once": 1, soon: 1 });
  });
});
