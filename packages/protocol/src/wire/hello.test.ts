import { describe, expect, it } from "vitest";
import {
  encodeHello,
  encodeWelcome,
  parseHello,
  parseRecoveryGrant,
  parseRecoveryRequest,
  parseWelcome,
} from "./hello.ts";

const invalid: unknown = expect.objectContaining({ code: "IPC_INVALID_MESSAGE" });

function sent(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

function named(length: number): string {
  return encodeHello({ name: "x".repeat(length) });
}

describe("a hello", () => {
  it("comes back as it was encoded", () => {
    const hello = { name: "é", pid: 7, version: "1.2.3", id: "abc", token: "def" };
    expect(parseHello(sent(encodeHello(hello))["hello"])).toEqual(hello);
  });

  it("may say nothing", () => {
    expect(parseHello({})).toEqual({ name: "" });
  });

  it("is refused at the caller with a label of more than 256 bytes", () => {
    expect(named(255)).toContain("x");
    expect(named(256)).toContain("x");
    expect(() => named(257)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION", blame: "caller" }),
    );
    expect(encodeHello({ name: "é".repeat(128) })).toContain("é");
    expect(() => encodeHello({ name: "é".repeat(129) })).toThrow(
      "The name takes 258 bytes of UTF-8; give one of at most 256.",
    );
  });

  it.each([
    [null],
    [[]],
    ["x"],
    [{ name: 1 }],
    [{ name: "x".repeat(257) }],
    [{ pid: -1 }],
    [{ pid: 1.5 }],
    [{ pid: "1" }],
    [{ token: null }],
  ])("is a violation as %j", (value) => {
    expect(() => parseHello(value)).toThrow(invalid);
  });
});

describe("a welcome", () => {
  it("comes back as it was encoded", () => {
    const welcome = { id: "abc", token: "def", pid: 1, version: "2" };
    expect(parseWelcome(sent(encodeWelcome(welcome))["welcome"])).toEqual(welcome);
  });

  it("gives an id and a token", () => {
    expect(() => parseWelcome({ id: "abc" })).toThrow(invalid);
    expect(() => parseWelcome({ token: "abc" })).toThrow(invalid);
    expect(() => parseWelcome(undefined)).toThrow(invalid);
  });
});

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
