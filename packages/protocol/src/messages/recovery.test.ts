import { describe, expect, it } from "vitest";
import { parseRecoveryGrant, parseRecoveryRequest, isCount } from "./recovery.ts";

describe("the recovery of a hello", () => {
  it.each([
    undefined,
    {},
    { session: "s", received: 0 },
    { session: "x".repeat(256), received: 2 },
  ])("may be %j", (value) => {
    expect(parseRecoveryRequest(value)).toEqual(value);
  });

  it.each([
    null,
    5,
    [],
    { session: "", received: 0 },
    { session: 1, received: 0 },
    { session: "x".repeat(257), received: 0 },
    { session: "s" },
    { session: "s", received: -1 },
  ])("cannot be %j", (value) => {
    expect(() => parseRecoveryRequest(value)).toThrow("a malformed recovery");
  });
});

describe("the recovery of a welcome", () => {
  const grant = { session: "s", window: 0, resumed: false };

  it.each([
    undefined,
    grant,
    { ...grant, window: 2 ** 31 - 1 },
    { ...grant, received: 3 },
    { ...grant, resumed: true, received: 0 },
  ])("may be %j", (value) => {
    expect(parseRecoveryGrant(value)).toEqual(value);
  });

  it.each([
    {},
    { ...grant, window: -1 },
    { ...grant, window: 2 ** 31 },
    { ...grant, window: "5" },
    { ...grant, session: 1 },
    { ...grant, resumed: 1 },
    { ...grant, resumed: true },
    { ...grant, received: [0] },
  ])("cannot be %j", (value) => {
    expect(() => parseRecoveryGrant(value)).toThrow("a malformed recovery");
  });
});

it.each([
  [0, true],
  [2 ** 53 - 1, true],
  [2 ** 53, false],
  [-1, false],
  [0.5, false],
  ["0", false],
  [[0], false],
  [undefined, false],
])("takes %j for a number of messages: %s", (value, answer) => {
  expect(isCount(value)).toBe(answer);
});
