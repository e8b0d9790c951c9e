import { describe, expect, it } from "vitest";
import { LagExcuse, Liveness } from "./deadlines.ts";

/** A peer from which so many signs of life were heard, so many milliseconds apart. */
function heard(signs: number, apart: number): Liveness {
  const liveness = new Liveness(15_000, 10_000, 0);
  for (let sign = 1; sign <= signs; sign++) liveness.heard(sign * apart);
  return liveness;
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
    const liveness = heard(100, 1);
    liveness.heard(1_100);
    expect(liveness.isBrisk).toBe(false);
  });
});

describe("Liveness", () => {
  it("asks for a ping after the interval, once, and gives up after the timeout", () => {
    const liveness = new Liveness(15_000, 10_000, 100);
    expect(liveness.deadline).toBe(15_100);
    expect(liveness.judge(15_099)).toBe("alive");
    expect(liveness.judge(15_100)).toBe("ping");
    expect(liveness.judge(15_101)).toBe("alive");
    expect(liveness.deadline).toBe(25_100);
    expect(liveness.judge(25_099)).toBe("alive");
    expect(liveness.judge(25_100)).toBe("dead");
    expect(liveness.silence(25_100)).toBe(25_000);
  });

  it("takes any byte for life, also after the ping", () => {
    const liveness = new Liveness(15_000, 10_000, 0);
    expect(liveness.judge(15_000)).toBe("ping");
    liveness.heard(24_999);
    expect(liveness.judge(25_000)).toBe("alive");
    expect(liveness.deadline).toBe(39_999);
  });

  it("counts the timeout from the ping, however late that was", () => {
    const liveness = new Liveness(15_000, 10_000, 0);
    expect(liveness.judge(60_000)).toBe("ping");
    expect(liveness.deadline).toBe(70_000);
  });

  it("never has a deadline with an interval of 0", () => {
    const liveness = new Liveness(0, 10_000, 0);
    expect(liveness.deadline).toBe(Infinity);
    expect(liveness.judge(1e9)).toBe("alive");
  });
});

describe("LagExcuse", () => {
  it("puts the judgement off for as long as the loop was blocked, a second at most, once for each block", () => {
    const excuse = new LagExcuse();
    expect(excuse.excuses(100, 10)).toBe(false);
    expect(excuse.excuses(100, 300)).toBe(true);
    expect(excuse.until).toBe(400);
    expect(excuse.excuses(399, 0)).toBe(true);
    expect(excuse.excuses(400, 500)).toBe(false);
    expect(excuse.take(5)).toBe(300);
    expect(excuse.excuses(500, 5_000)).toBe(true);
    expect(excuse.until).toBe(1_500);
  });
});
