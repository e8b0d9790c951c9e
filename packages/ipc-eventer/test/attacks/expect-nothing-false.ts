import { expect } from "vitest";
import type { Outcome } from "./scene.ts";

/** Nobody heard anything but a beginning of what was said. */
export function expectNothingFalse({ heard }: Outcome): void {
  expect(heard).toEqual([0, 1, 2].slice(0, heard.length));
}
