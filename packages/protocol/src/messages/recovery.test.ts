import { describe, expect, it } from "vitest";
import { parseRecoveryGrant, parseRecoveryRequest } from "./recovery.ts";

describe("the recovery of a hello", () => {
  it.each([
    undefined,
    {},
    { session: 1, received: [0] },
    { session: 2 ** 53 - 1, received: [1, 2] },
  ])("may be %j", (value) => {
    expect(parseRecoveryRequest(value)).toEqual(value);
  });

  it.each([
    null,
    5,
    [],
    { session: 0, received: [0] },
    { session: 1 },
    { session: 1, received: [-1] },
  ])("cannot be %j", (value) => {
    expect(() => parseRecoveryRequest(value)).toThrow("a malformed recovery");
  });
});

describe("the recovery of a welcome", () => {
  const grant = { session: 1, window: 0, resumed: false };

  it.each([
    undefined,
    grant,
    { ...grant, window: 2 ** 31 - 1 },
    { ...grant, received: [3] },
    { ...grant, resumed: true, received: [0] },
  ])("may be %j", (value) => {
    expect(parseRecoveryGrant(value)).toEqual(value);
  });

  it.each([
    {},
    { ...grant, window: -1 },
    { ...grant, window: 2 ** 31 },
    { ...grant, window: "5" },
    { ...grant, session: 1.5 },
    { ...grant, resumed: 1 },
    { ...grant, resumed: true },
    { ...grant, received: [] },
  ])("cannot be %j", (value) => {
    expect(() => parseRecoveryGrant(value)).toThrow("a malformed recovery");
  });
});
