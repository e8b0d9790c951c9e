import { expect, it } from "vitest";
import { isCounts } from "./counts.ts";

it.each([
  [[0], true],
  [[2 ** 53 - 1], true],
  [[2 ** 53], false],
  [[0, 0, 0, 0, 0, 0, 0], true],
  [[0, 0, 0, 0, 0, 0, 0, 0], true],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0], false],
  [[], false],
  [[-1], false],
  [[0.5], false],
  [["0"], false],
  [5, false],
  [undefined, false],
])("takes %j for counts of lanes: %s", (value, answer) => {
  expect(isCounts(value)).toBe(answer);
});
