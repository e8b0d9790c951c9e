import { describe, expect, it } from "vitest";
import { ParkedSessions } from "./parked-sessions.ts";

const ended: string[] = [];

function session(name: string): { lose: () => void } {
  return { lose: () => void ended.push(name) };
}

describe("ParkedSessions", () => {
  it.each([
    [2, []],
    [3, []],
    [4, ["fourth"]],
  ])("of at most 3 keeps %d sessions, less those that began last", (count, over) => {
    ended.length = 0;
    const parked = new ParkedSessions(3);
    // The longer a session has lasted, the later it loses its connection here.
    const names = ["first", "second", "third", "fourth"].slice(0, count);
    for (const [index, name] of [...names.entries()].toReversed()) parked.add(session(name), index);
    expect(ended).toEqual(over);
    expect(parked.size).toBe(Math.min(count, 3));
  });

  it("keeps those that were there before somebody who opens and drops sessions in a loop", () => {
    ended.length = 0;
    const parked = new ParkedSessions(3);
    parked.add(session("honest"), 1);
    for (let serial = 2; serial < 1_000; serial++) parked.add(session(`${serial}`), serial);
    expect([ended.length, ended.includes("honest")]).toEqual([996, false]);
  });

  it("has a place for the next when one has gone on", () => {
    ended.length = 0;
    const parked = new ParkedSessions(1);
    const [first, second] = [session("first"), session("second")];
    parked.add(first, 1);
    parked.delete(first);
    parked.add(second, 2);
    expect([ended, parked.size]).toEqual([[], 1]);
  });
});
