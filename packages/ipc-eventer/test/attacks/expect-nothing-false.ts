import { expect } from "vitest";
import type { Outcome } from "./scene.ts";

/** Expects that both sides received no more than a beginning of the events that were sent. */
export function expectNothingFalse({ heard }: Outcome): void {
  expect(heard).toEqual([0, 1, 2].slice(0, heard.length));
}
