import { describe, expect, it } from "vitest";
import { assertEventName, isReservedEvent, reservedByPeer } from "./event-name.ts";

describe("an event name", () => {
  it("is reserved if the library itself raises it, or if it begins with ipc:", () => {
    for (const name of ["connect", "error", "user-pong", "newListener", "ipc:", "ipc:report"]) {
      expect(isReservedEvent(name)).toBe(true);
      expect(() => assertEventName(name)).toThrow(
        expect.objectContaining({ code: "IPC_RESERVED_EVENT", blame: "caller" }),
      );
    }
  });

  it("is free otherwise", () => {
    for (const name of ["", "ping", "Error", "ipc", "__proto__"]) {
      expect(isReservedEvent(name)).toBe(false);
      expect(() => assertEventName(name)).not.toThrow();
    }
  });

  it("is a string", () => {
    expect(() => assertEventName(5)).toThrow("The name of an event is a string, not number");
  });

  it("of a peer is repeated for 64 characters only", () => {
    const report = reservedByPeer(`ipc:${"x".repeat(100_000)}`);
    expect(report.message.length).toBeLessThan(200);
    expect(report.context["event"]).toHaveLength(64);
  });
});
