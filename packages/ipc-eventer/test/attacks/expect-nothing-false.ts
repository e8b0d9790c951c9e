import { expect } from "vitest";
import type { Outcome } from "./scene.ts";

/** Neither side heard anything but a beginning of what was sent. */
export function expectNothingFalse({ heard }: Outcome): void {
  expect(heard).toEqual([0, 1, 2].slice(0, heard.length));
}
