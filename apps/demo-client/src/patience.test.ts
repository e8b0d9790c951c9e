import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Patience } from "./patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("ends when nothing has happened for so long, and not before", () => {
  const patience = new Patience(2);
  vi.advanceTimersByTime(1_999);
  patience.renew();
  vi.advanceTimersByTime(1_999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(patience.signal.reason).toMatchObject({ message: "nothing has happened for 2 s" });
});

it("does not end once it was stopped", () => {
  const patience = new Patience(2);
  patience.stop();
  vi.advanceTimersByTime(5_000);
  expect(patience.signal.aborted).toBe(false);
});
