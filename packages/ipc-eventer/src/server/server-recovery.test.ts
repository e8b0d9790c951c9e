import { describe, expect, it } from "vitest";
import { ParkedSessions } from "./server-recovery.ts";

const ended: string[] = [];

function session(name: string): { readonly driver: { lose: () => void } } {
  return { driver: { lose: () => void ended.push(name) } };
}

function places(limit: number): ParkedSessions<ReturnType<typeof session>> {
  ended.length = 0;
  return new ParkedSessions(limit);
}

describe("ParkedSessions", () => {
  it.each([
    [3, []],
    [4, []],
    [5, ["1"]],
    [6, ["1", "2"]],
  ])("of at most 4 keeps %d sessions, less those that were parked first", (count, over) => {
    const parked = places(4);
    // Two that were connected long, and as many short ones as come.
    for (let n = 1; n <= count; n++) parked.add(session(`${n}`), n > count - 2 ? 1_000 : 10);
    expect(ended.toSorted()).toEqual(over);
    expect(parked.size).toBe(Math.min(count, 4));
  });

  it("keeps a session that was connected long, however many are opened and dropped in a loop", () => {
    const parked = places(4);
    parked.add(session("honest"), 60_000);
    for (let n = 0; n < 1_000; n++) parked.add(session(`${n}`), 5);
    expect([ended.length, ended.includes("honest"), parked.size]).toEqual([997, false, 4]);
  });

  it("has a place for the next one, however many were there before it and were connected longer", () => {
    const parked = places(4);
    for (let n = 0; n < 1_000; n++) parked.add(session(`${n}`), 60_000);
    parked.add(session("honest"), 5);
    parked.add(session("another"), 60_000);
    expect([ended.includes("honest"), parked.size]).toEqual([false, 4]);
  });

  it("has a place for the next when one has gone on", () => {
    const parked = places(1);
    const [first, second] = [session("first"), session("second")];
    parked.add(first, 1);
    parked.delete(first);
    parked.add(second, 2);
    expect([ended, parked.size]).toEqual([[], 1]);
  });

  it("of at most 0 keeps none, and of 1 the last", () => {
    places(0).add(session("one"), 5);
    expect(ended).toEqual(["one"]);
    const parked = places(1);
    for (const name of ["one", "two"]) parked.add(session(name), 5);
    expect(ended).toEqual(["one"]);
  });

  it("ends those that can no longer go on", () => {
    const parked = places(4);
    const sessions = ["one", "two", "three"].map((name) => session(name));
    for (const one of sessions) parked.add(one, 5);
    parked.loseThose((one) => one !== sessions[1]);
    expect([ended, parked.size]).toEqual([["one", "three"], 1]);
  });
});
