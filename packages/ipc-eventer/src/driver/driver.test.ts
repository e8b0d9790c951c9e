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
  send(_chunk: Uint8Array | string): boolean {
    return false;
  }
  sendAll(_chunks: readonly Uint8Array[]): boolean {
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

/** A connection that takes all that is written. */
class Open extends Blocked {
  readonly written: string[] = [];
  override send(chunk: Uint8Array | string): boolean {
    this.written.push(Buffer.from(chunk).toString());
    return true;
  }
  override sendAll(chunks: readonly Uint8Array[]): boolean {
    return chunks.map((chunk) => this.send(chunk)).every(Boolean);
  }
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

describe("what is emitted within the listener of drain", () => {
  it("leaves in the next tick, though nothing comes from the peer", async () => {
    const session = new Session({
      role: "client",
      limits: { ...defaultLimits, highWaterMark: 10 },
      encoder: new EventEncoder(defaultLimits),
      hello: { name: "x" },
      now: performance.now(),
    });
    const sink = new Throwing();
    const connection = new Open();
    const driver = new Driver(session, connection, sink);
    let said = 0;
    sink.handleEvent = (event) => {
      if (event === "drain" && said === 0) driver.emit("after", ++said);
    };
    const words = [
      `{"ipc":1,"role":"server","mode":"plain"}`,
      `{"welcome":{"id":"a","token":"b"}}`,
    ];
    driver.handleChunk(Buffer.from(`${words.join("\n")}\n`));
    expect(driver.emit("much", "x".repeat(100))).toBe(false);
    await tick();
    await tick();
    expect(connection.written.join("")).toContain('["after",1]');
  });
});

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
