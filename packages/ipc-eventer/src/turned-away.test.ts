import type { ProtocolError } from "@ipc/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TurnedAway } from "./turned-away.ts";

const told: ProtocolError[] = [];
const counts = (): unknown[] => told.map(({ context }) => context["count"]);

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  told.length = 0;
});

describe("TurnedAway", () => {
  it("tells of all of a second at its end, and of nobody when nobody came", () => {
    const turnedAway = new TurnedAway((error) => void told.push(error));
    for (let count = 0; count < 500; count++) turnedAway.add();
    vi.advanceTimersByTime(999);
    expect(counts()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(counts()).toEqual([500]);
    vi.advanceTimersByTime(10_000);
    turnedAway.add();
    vi.advanceTimersByTime(1_000);
    expect(counts()).toEqual([500, 1]);
    expect(told.map(({ message }) => message.split(", ")[0])).toEqual([
      "500 connections were turned away within a second",
      "1 connection was turned away within a second",
    ]);
  });

  it("tells of the last ones at once when asked, and once only", () => {
    const turnedAway = new TurnedAway((error) => void told.push(error));
    turnedAway.flush();
    turnedAway.add();
    turnedAway.flush();
    vi.advanceTimersByTime(10_000);
    expect(counts()).toEqual([1]);
  });
});
