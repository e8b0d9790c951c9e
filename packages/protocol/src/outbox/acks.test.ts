import { describe, expect, it } from "vitest";
import { Acks } from "./acks.ts";

function heard(messages: number): Acks {
  const acks = new Acks();
  acks.enable();
  for (let count = 0; count < messages; count++) acks.admit();
  acks.confirm();
  return acks;
}

describe("given messages that were delivered", () => {
  it.each([
    [1, false, undefined],
    [31, true, undefined],
    [32, true, `{"ack":32}\n`],
    [33, true, `{"ack":33}\n`],
    [1_023, false, undefined],
    [1_024, false, `{"ack":1024}\n`],
    [1_025, false, `{"ack":1025}\n`],
  ])("acknowledges %d of them, along with something else: %s", (messages, along, line) => {
    expect(heard(messages).take({ empty: !along })).toBe(line);
  });

  it.each([
    [1_048_575, false, undefined],
    [1_048_576, false, `{"ack":1}\n`],
    [1_048_577, false, `{"ack":1}\n`],
    [65_535, true, undefined],
    [65_536, true, `{"ack":1}\n`],
    [65_537, true, `{"ack":1}\n`],
  ])("acknowledges them after %d bytes, along with something else: %s", (bytes, along, line) => {
    const acks = heard(1);
    acks.read(bytes, 0);
    expect(acks.take({ empty: !along })).toBe(line);
  });

  it("acknowledges them after 100 milliseconds", () => {
    const acks = heard(1);
    acks.read(10, 5);
    acks.read(10, 50);
    expect(acks.deadline).toBe(105);
    acks.expire(104);
    expect(acks.take({ empty: false })).toBeUndefined();
    acks.expire(105);
    expect(acks.take({ empty: true })).toBe(`{"ack":1}\n`);
    expect(acks.deadline).toBe(Infinity);
  });

  it("acknowledges them when asked, once", () => {
    const acks = heard(1);
    acks.want();
    expect(acks.take({ empty: true })).toBe(`{"ack":1}\n`);
    acks.want();
    expect(acks.take({ empty: true })).toBeUndefined();
  });

  it("tells nothing to a peer that does not count", () => {
    const acks = new Acks();
    acks.admit();
    acks.confirm();
    acks.read(1_000_000, 0);
    expect([acks.takeLast(), acks.deadline, acks.open]).toEqual([undefined, Infinity, false]);
  });
});

describe("given messages that wait for their listeners", () => {
  it("acknowledges nothing before they have returned", () => {
    const acks = heard(5);
    acks.admit();
    acks.want();
    expect(acks.take({ empty: true })).toBeUndefined();
    expect(acks.received).toBe(5);
    acks.confirm();
    expect(acks.take({ empty: true })).toBe(`{"ack":6}\n`);
  });
});

describe("given another connection", () => {
  it("does not admit what had come before, and acknowledges it when it has come again", () => {
    const acks = heard(2);
    const said = acks.received;
    for (const _ of "abc") acks.admit();
    acks.resume(said);
    acks.confirm();
    acks.want();
    expect(acks.take({ empty: true })).toBeUndefined();
    expect([acks.admit(), acks.admit()]).toEqual([false, false]);
    acks.want();
    expect(acks.take({ empty: true })).toBe(`{"ack":4}\n`);
    expect([acks.admit(), acks.admit()]).toEqual([false, true]);
    expect(acks.received).toBe(5);
  });
});
