import { describe, expect, it } from "vitest";
import { InboundCalls } from "./inbound-calls.ts";

describe("the calls of a peer", () => {
  it("rise in their ids", () => {
    const calls = new InboundCalls({ maxCalls: 8, maxCallBytes: 1e9 });
    calls.add(2, 0);
    expect(() => calls.add(2, 0)).toThrow("before");
    expect(() => calls.add(1, 0)).toThrow("before");
    calls.delete(2);
    expect(() => calls.add(2, 0)).toThrow("before");
    expect(calls.add(4, 0)).toBe("free");
    expect(calls.size).toBe(1);
  });

  it("are open up to a number, and one more is noted to be refused", () => {
    const calls = new InboundCalls({ maxCalls: 2, maxCallBytes: 1e9 });
    expect(calls.add(1, 0)).toBe("free");
    expect(calls.add(2, 0)).toBe("free");
    expect(calls.add(3, 0)).toBe("too many");
    expect(calls.awaits(3)).toBe(true);
    calls.delete(3);
    calls.delete(1);
    expect(calls.add(4, 0)).toBe("free");
  });

  it("are cancelled once, and keep their place until their work is done", () => {
    const calls = new InboundCalls({ maxCalls: 1, maxCallBytes: 1e9 });
    calls.add(1, 0);
    expect(calls.cancel(1)).toBe(true);
    expect(calls.cancel(1)).toBe(false);
    expect(calls.awaits(1)).toBe(false);
    expect(calls.add(2, 0)).toBe("too many");
    calls.delete(1);
    expect(calls.cancel(1)).toBe(false);
  });

  it("are not cancelled before they have come", () => {
    const calls = new InboundCalls({ maxCalls: 1, maxCallBytes: 1e9 });
    expect(() => calls.cancel(1)).toThrow("has not made");
    calls.add(1, 0);
    expect(() => calls.cancel(2)).toThrow("has not made");
  });
});
