import { describe, expect, it } from "vitest";
import { codeOf } from "../test/code-of.ts";
import { HandshakeLimiter } from "./handshake-limiter.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("a token bucket", () => {
  it("allows its burst at once, then its rate", () => {
    const bucket = new TokenBucket({ burst: 3, perSecond: 10 });
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
    expect(bucket.timeToNext(0)).toBe(100);
    expect(bucket.take(99)).toBe(false);
    expect(bucket.take(100)).toBe(true);
    expect(bucket.timeToNext(100)).toBe(100);
    expect(bucket.take(1e9)).toBe(true);
    expect(bucket.timeToNext(1e9)).toBe(0);
  });

  it("never holds more than its burst", () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1000 });
    bucket.giveBack();
    expect([0, 0].map((now) => bucket.take(now))).toEqual([true, false]);
  });

  it("is not fooled by a clock that goes backwards", () => {
    const full = new TokenBucket({ burst: 2, perSecond: 1 });
    expect([5000, 0].map((now) => full.take(now))).toEqual([true, true]);
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 });
    expect([5000, 4000, 3000, 5999, 6000].map((now) => bucket.take(now))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it("has a burst of 1 to 1,000,000 and a rate of 0.001 to 1,000,000", () => {
    for (const [options, code] of [
      [{ burst: 0, perSecond: 1 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1.5, perSecond: 1 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1e6, perSecond: 1e6 }, "no error"],
      [{ burst: 1e6 + 1, perSecond: 1 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: 1e6 + 1 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: 0.0009 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: Number.NaN }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: 0 }, "IPC_LIMIT_INVALID"],
      [{ burst: Number.NaN, perSecond: 1 }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: Number.POSITIVE_INFINITY }, "IPC_LIMIT_INVALID"],
      [{ burst: 1, perSecond: 0.001 }, "no error"],
    ] as const) {
      expect(codeOf(() => new TokenBucket(options))).toBe(code);
    }
  });

  it("says what numbers it takes", () => {
    expect(() => new TokenBucket({ burst: 0.5, perSecond: 1 })).toThrow(
      "burst is out of its range. Give a whole number from 1 to 1000000.",
    );
    expect(() => new TokenBucket({ burst: 1, perSecond: 0 })).toThrow(
      "perSecond is out of its range. Give a number from 0.001 to 1000000.",
    );
  });
});

describe("given clients that know the password", () => {
  it("never runs out of tokens, however many come", () => {
    const limiter = new HandshakeLimiter<number>();
    for (let client = 0; client < 10_000; client++) {
      expect(limiter.begin(client)).toBeUndefined();
      expect(limiter.takeFlight(client, 0)).toBe(true);
      limiter.succeed(client);
    }
    expect(limiter.pending).toBe(0);
  });
});

describe("given a client that guesses", () => {
  it("counts every flight, also of clients that vanish without an answer", () => {
    const limiter = new HandshakeLimiter<number>();
    let flights = 0;
    for (let guess = 0; guess < 100_000; guess++) {
      limiter.begin(guess);
      if (limiter.takeFlight(guess, guess)) flights += 1;
      limiter.end(guess);
    }
    expect(flights).toBe(50 + 10 * 99 + 9);
  });

  it("says when the next attempt may be made", () => {
    const limiter = new HandshakeLimiter<string>({ burst: 1 });
    limiter.begin("guess");
    expect(limiter.retryAfter(0)).toBe(0);
    expect(limiter.takeFlight("guess", 0)).toBe(true);
    expect(limiter.retryAfter(0)).toBe(100);
  });

  it("answers an honest client as soon as a token has come back", () => {
    const limiter = new HandshakeLimiter<string>({ burst: 1 });
    limiter.begin("guess");
    limiter.takeFlight("guess", 0);
    limiter.end("guess");
    limiter.begin("honest");
    expect(limiter.takeFlight("honest", 99)).toBe(false);
    expect(limiter.takeFlight("honest", 100)).toBe(true);
  });

  it("gives one flight per connection, and none to one it has forgotten", () => {
    const limiter = new HandshakeLimiter<string>();
    limiter.begin("a");
    expect(limiter.takeFlight("a", 0)).toBe(true);
    expect(limiter.takeFlight("a", 0)).toBe(false);
    limiter.end("a");
    expect(limiter.takeFlight("a", 0)).toBe(false);
  });

  it("gives no token back for a success without a flight", () => {
    const limiter = new HandshakeLimiter<string>({ burst: 1 });
    limiter.begin("a");
    limiter.takeFlight("a", 0);
    limiter.begin("b");
    limiter.succeed("b");
    limiter.begin("c");
    expect(limiter.takeFlight("c", 0)).toBe(false);
  });
});

describe("given more pending handshakes than allowed", () => {
  it("drops a random one from the 129th on", () => {
    const asked: number[] = [];
    const random = (bound: number): number => {
      asked.push(bound);
      return 3;
    };
    const limiter = new HandshakeLimiter<number>({ random });
    for (let i = 0; i < 128; i++) expect(limiter.begin(i)).toBeUndefined();
    expect(limiter.begin(128)).toBe(3);
    expect(limiter.begin(129)).toBe(4);
    expect(asked).toEqual([129, 129]);
    expect(limiter.pending).toBe(128);
  });

  it("spares those that have a flight, whose Finished may be on its way", () => {
    const limiter = new HandshakeLimiter<number>({ maxPending: 50 });
    for (let answered = 0; answered < 49; answered++) {
      limiter.begin(answered);
      limiter.takeFlight(answered, 0);
    }
    for (let flood = 1_000; flood < 2_000; flood++) {
      expect(limiter.begin(flood) ?? flood).toBeGreaterThanOrEqual(1_000);
    }
    expect(limiter.pending).toBe(50);
    for (let answered = 0; answered < 49; answered++) limiter.succeed(answered);
    expect(limiter.pending).toBe(1);
  });

  it("drops the new one when all others have a flight", () => {
    const limiter = new HandshakeLimiter<number>({ maxPending: 3 });
    for (let answered = 0; answered < 3; answered++) {
      limiter.begin(answered);
      limiter.takeFlight(answered, 0);
    }
    expect([3, 4, 5].map((newcomer) => limiter.begin(newcomer))).toEqual([3, 4, 5]);
    limiter.end(0);
    expect(limiter.begin(6)).toBeUndefined();
    expect(limiter.pending).toBe(3);
  });

  it("draws among those that wait for a flight, and gives none to the one it drew", () => {
    const limiter = new HandshakeLimiter<string>({ maxPending: 2, random: () => 0 });
    limiter.begin("answered");
    limiter.takeFlight("answered", 0);
    limiter.begin("waiting");
    expect(limiter.begin("new")).toBe("waiting");
    expect(limiter.takeFlight("waiting", 0)).toBe(false);
    expect(limiter.takeFlight("new", 0)).toBe(true);
  });

  it("may drop the new one", () => {
    const limiter = new HandshakeLimiter<string>({ maxPending: 1, random: (bound) => bound - 1 });
    limiter.begin("first");
    expect(limiter.begin("second")).toBe("second");
    expect(limiter.pending).toBe(1);
  });

  it("draws from the system's generator unless told otherwise", () => {
    const limiter = new HandshakeLimiter<number>({ maxPending: 2 });
    const dropped = Array.from({ length: 300 }, (_, i) => limiter.begin(i));
    expect(dropped.filter((value) => value !== undefined)).toHaveLength(298);
    expect(new Set(dropped).size).toBe(299);
  });

  it("allows 1 to 65,536 pending ones", () => {
    for (const [maxPending, code] of [
      [0, "IPC_LIMIT_INVALID"],
      [1, "no error"],
      [65_536, "no error"],
      [65_537, "IPC_LIMIT_INVALID"],
      [1.5, "IPC_LIMIT_INVALID"],
    ] as const) {
      expect(codeOf(() => new HandshakeLimiter({ maxPending }))).toBe(code);
    }
  });
});
