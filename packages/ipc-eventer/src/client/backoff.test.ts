import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

const almostOne = 1 - Number.EPSILON;

function backoff(random: number): Backoff {
  return new Backoff({ interval: 1_000, maxInterval: 30_000, random: () => random });
}

describe("Backoff", () => {
  describe("given a connection that held", () => {
    it("comes back at once: within 50 ms", () => {
      for (const [random, wait] of [
        [0, 0],
        [0.5, 25],
        [almostOne, 50],
      ] as const) {
        const waits = backoff(random);
        waits.connected(0);
        expect(waits.lost(5_000, true)).toBeCloseTo(wait);
      }
    });

    it("waits about one interval when the server asked for patience", () => {
      const waits = backoff(0.5);
      waits.connected(0);
      expect(waits.lost(60_000, false)).toBe(1_000);
    });
  });

  describe("given attempts that fail", () => {
    it("doubles the mean wait up to the cap", () => {
      const waits = backoff(0.5);
      const means = Array.from({ length: 8 }, () => waits.failed());
      expect(means).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    });

    it("draws each wait from 0 to twice the mean, also at the cap", () => {
      for (const [random, share] of [
        [0, 0],
        [0.25, 0.5],
        [almostOne, 2],
      ] as const) {
        const waits = backoff(random);
        for (const mean of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
          expect(waits.failed()).toBeCloseTo(share * mean);
        }
        expect(waits.atCap()).toBeCloseTo(share * 30_000);
      }
    });

    it("stays at the cap however many fail", () => {
      const waits = backoff(0.5);
      for (let attempt = 0; attempt < 5_000; attempt++) waits.failed();
      expect(waits.failed()).toBe(30_000);
    });

    it("counts no failure for a full backlog, and tries within 50 to 100 ms", () => {
      const waits = backoff(0.5);
      for (let attempt = 0; attempt < 20; attempt++) expect(waits.soon()).toBe(75);
      expect(backoff(0).soon()).toBe(50);
      expect(backoff(almostOne).soon()).toBeCloseTo(100);
      expect(waits.failed()).toBe(1_000);
    });
  });

  describe("given connections that break again soon", () => {
    it("clears the record of failures only after 5 s of connection", () => {
      const waits = backoff(0.5);
      expect([waits.failed(), waits.failed()]).toEqual([1_000, 2_000]);
      waits.connected(0);
      expect(waits.lost(4_999, true)).toBe(4_000);
      waits.connected(10_000);
      expect(waits.lost(15_000, true)).toBe(25);
      expect(waits.failed()).toBe(1_000);
    });

    it("comes back at once only once, then waits longer and longer", () => {
      const waits = backoff(0.5);
      const lost = Array.from({ length: 4 }, (_, turn) => {
        waits.connected(turn);
        return waits.lost(turn + 0.5, true);
      });
      expect(lost).toEqual([25, 1_000, 2_000, 4_000]);
    });
  });
});
