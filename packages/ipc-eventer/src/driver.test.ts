import { defaultLimits, EventEncoder, Session, type SessionSink } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Driver } from "./driver.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection that takes what is written and wants no more. */
class Blocked implements Connection {
  readonly address = "nowhere";
  readonly bufferedBytes = 0;
  readonly open = true;
  send(): boolean {
    return false;
  }
  sendAll(): boolean {
    return false;
  }
  attach(): void {}
  pause(): void {}
  resume(): void {}
  close(): void {}
  abort(): void {}
  ref(): void {}
  unref(): void {}
}

/** Whoever hears, and throws at the first report. */
class Throwing implements SessionSink {
  #reports = 0;
  handleHello(): void {}
  handleWelcome(): void {}
  handleEvent(event: string): void {
    if (event === "ipc:report" && this.#reports++ === 0) throw new Error("a mistake");
  }
  handleCall(): void {}
  handleCancel(): void {}
  handleReply(): void {}
  handleClosed(): void {}
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

describe("given who hears throws at what comes of a write", () => {
  it("still watches the deadlines of the session", async () => {
    const session = new Session({
      role: "client",
      limits: defaultLimits,
      encoder: new EventEncoder(defaultLimits),
      hello: { name: "x" },
      now: performance.now(),
    });
    const driver = new Driver(session, new Blocked(), new Throwing());
    const said = [`{"ipc":1,"role":"server","mode":"plain"}`, `{"welcome":{"id":"a","token":"b"}}`];
    driver.handleChunk(Buffer.from(`${said.join("\n")}\n`));
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
