import { describe, expect, it } from "vitest";
import type { Entry, Mark } from "./journal.ts";
import { judgeJournals } from "./judge-journals.ts";

/** The faults when process 1 has written this down, and process 2 has heard these. */
function faultsOf(entries: readonly Entry[], heard: readonly number[], killed = false): unknown {
  const hearings = heard.map((number): Entry => ({ is: "heard", session: 1, mark: [1, number] }));
  return judgeJournals([
    { process: 1, killed, entries },
    { process: 2, killed: false, entries: hearings },
  ]).faults;
}

function said(...numbers: number[]): Entry[] {
  return numbers.map((number) => ({ is: "said", session: 1, mark: [1, number] }));
}

function lostEntry(unsent: number[], unconfirmed: number[]): Entry {
  return { is: "lost", session: 1, unsent: marks(unsent), unconfirmed: marks(unconfirmed) };
}

function marks(numbers: number[]): Mark[] {
  return numbers.map((number) => [1, number]);
}

describe("judgeJournals", () => {
  it("finds nothing wrong when all was heard, once and in order", () => {
    expect(faultsOf([...said(1, 2), { is: "confirmed", session: 1, upTo: 2 }], [1, 2])).toEqual([]);
  });

  it("finds what was heard twice, or too late", () => {
    expect(faultsOf(said(1, 2), [1, 2, 2])).toEqual(["1#2 was heard twice"]);
    expect(faultsOf(said(1, 2), [2, 1])).toEqual(["1#1 was heard too late"]);
  });

  it("finds what was confirmed and not heard", () => {
    const entries: Entry[] = [...said(1, 2), { is: "confirmed", session: 1, upTo: 2 }];
    expect(faultsOf(entries, [1], true)).toEqual(["1#2 was confirmed and not heard"]);
  });

  it("finds what is gone without a word, unless its speaker was killed", () => {
    const words = "1 are gone without a word, from 1#2 to 1#2, and 0 were reported as dropped";
    expect(faultsOf(said(1, 2), [1])).toEqual([words]);
    expect(faultsOf(said(1, 2), [1], true)).toEqual([]);
  });

  it("takes the number of events that a full queue refused for a word", () => {
    expect(faultsOf([...said(1, 2), { is: "dropped", session: 1, events: 1 }], [1])).toEqual([]);
  });

  it("takes a report for a word, if it is the right one", () => {
    expect(faultsOf([...said(1, 2, 3), lostEntry([3], [2])], [1, 2])).toEqual([]);
    expect(faultsOf([...said(1, 2), lostEntry([2], [])], [1, 2])).toEqual([
      "1#2 was reported unsent, but heard",
    ]);
  });
});
