import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WriteRound } from "./write-round.ts";

function crowd(size: number): { round: WriteRound; written: number[] } {
  const round = new WriteRound();
  const written: number[] = [];
  for (let id = 0; id < size; id++) {
    round.add({ handleTurn: () => void written.push(id) });
  }
  return { round, written };
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, id) => id);
}

describe("given a few sessions", () => {
  it("writes to them when the tick is over", async () => {
    const { written } = crowd(16);
    expect(written).toEqual([]);
    await new Promise((over) => process.nextTick(over));
    expect(written).toEqual(upTo(16));
  });

  it("writes anew to one that has more", async () => {
    const { round, written } = crowd(1);
    await turn();
    round.add({ handleTurn: () => void written.push(1) });
    await turn();
    expect(written).toEqual([0, 1]);
  });
});

describe("given a crowd", () => {
  it("writes to some in each turn of the loop, in order", async () => {
    const { written } = crowd(50);
    const lengths: number[] = [];
    while (written.length < 50) {
      await turn();
      lengths.push(written.length);
    }
    expect(lengths.length).toBeGreaterThan(2);
    expect(written).toEqual(upTo(50));
  });

  it("writes to all of a large one in sixteen turns", () => {
    const { round, written } = crowd(1000);
    const lengths = upTo(16).map(() => {
      round.handleTurn();
      return written.length;
    });
    expect(lengths[0]).toBe(63);
    expect(lengths[14]).toBe(945);
    expect(written).toEqual(upTo(1000));
  });

  it("goes on behind a session that throws", async () => {
    const round = new WriteRound();
    const written: number[] = [];
    for (const id of upTo(40)) {
      round.add({
        handleTurn() {
          if (id === 20) throw new Error("broken");
          written.push(id);
        },
      });
    }
    round.handleTurn();
    expect(() => round.handleTurn()).toThrow("broken");
    while (written.length < 39) await turn();
    expect(written).toEqual(upTo(40).filter((id) => id !== 20));
  });

  it("comes to an end for each session when others join it again and again", async () => {
    const round = new WriteRound();
    const written = new Map<number, number>();
    const add = (id: number): void => {
      round.add({
        handleTurn() {
          written.set(id, (written.get(id) ?? 0) + 1);
          if ((written.get(id) ?? 0) < 20) add(id);
        },
      });
    };
    for (const id of upTo(100)) add(id);
    for (let turns = 0; turns < 1000; turns++) await turn();
    expect([...written.values()]).toEqual(Array.from({ length: 100 }, () => 20));
  });
});
