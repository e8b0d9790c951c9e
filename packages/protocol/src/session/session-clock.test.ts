import { describe, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import { SessionClock } from "./session-clock.ts";

/** A clock that has heard so many signs of life, so many milliseconds apart. */
function heard(signs: number, apart: number): SessionClock {
  const clock = new SessionClock(defaultLimits, 0);
  for (let sign = 1; sign <= signs; sign++) clock.heard(sign * apart);
  return clock;
}

describe("a peer", () => {
  it("is brisk when signs of life follow each other within a second", () => {
    expect(heard(16, 999).isBrisk).toBe(true);
  });

  it("is not brisk after the few signs of a handshake", () => {
    expect(heard(15, 1).isBrisk).toBe(false);
  });

  it("is not brisk while nothing but heartbeats come", () => {
    expect(heard(1_000, 1_000).isBrisk).toBe(false);
  });

  it("is no longer brisk after a second of silence", () => {
    const clock = heard(100, 1);
    clock.heard(1_100);
    expect(clock.isBrisk).toBe(false);
  });
});
