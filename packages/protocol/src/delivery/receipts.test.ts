import { describe, expect, it } from "vitest";
import { Receipts } from "./receipts.ts";

function heard(messages: number, lane = 0): Receipts {
  const receipts = new Receipts();
  receipts.enable();
  for (let count = 0; count < messages; count++) receipts.admit(lane);
  receipts.confirm();
  return receipts;
}

describe("given messages that were delivered", () => {
  it.each([
    [1, false, undefined],
    [31, true, undefined],
    [32, true, `{"ack":[32]}\n`],
    [33, true, `{"ack":[33]}\n`],
    [1_023, false, undefined],
    [1_024, false, `{"ack":[1024]}\n`],
    [1_025, false, `{"ack":[1025]}\n`],
  ])("acknowledges %d of them, along with something else: %s", (messages, along, line) => {
    expect(heard(messages).take(along)).toBe(line);
  });

  it.each([
    [1_048_575, false, undefined],
    [1_048_576, false, `{"ack":[1]}\n`],
    [1_048_577, false, `{"ack":[1]}\n`],
    [65_535, true, undefined],
    [65_536, true, `{"ack":[1]}\n`],
    [65_537, true, `{"ack":[1]}\n`],
  ])("acknowledges them after %d bytes, along with something else: %s", (bytes, along, line) => {
    const receipts = heard(1);
    receipts.read(bytes, 0);
    expect(receipts.take(along)).toBe(line);
  });

  it("acknowledges them after 100 milliseconds", () => {
    const receipts = heard(1);
    receipts.read(10, 5);
    receipts.read(10, 50);
    expect(receipts.deadline).toBe(105);
    receipts.expire(104);
    expect(receipts.take(true)).toBeUndefined();
    receipts.expire(105);
    expect(receipts.take(false)).toBe(`{"ack":[1]}\n`);
    expect(receipts.deadline).toBe(Infinity);
  });

  it("acknowledges them when asked, once", () => {
    const receipts = heard(1);
    receipts.want();
    expect(receipts.take(false)).toBe(`{"ack":[1]}\n`);
    receipts.want();
    expect(receipts.take(false)).toBeUndefined();
  });

  it("counts each lane", () => {
    const receipts = heard(2, 3);
    receipts.admit(0);
    receipts.confirm();
    expect(receipts.takeLast()).toBe(`{"ack":[1,0,0,2]}\n`);
  });

  it("tells nothing to a peer that does not count", () => {
    const receipts = new Receipts();
    receipts.admit(0);
    receipts.confirm();
    receipts.read(1_000_000, 0);
    expect([receipts.takeLast(), receipts.deadline, receipts.open]).toEqual([
      undefined,
      Infinity,
      false,
    ]);
  });
});

describe("given messages that wait for their listeners", () => {
  it("acknowledges nothing before they have returned", () => {
    const receipts = heard(5);
    receipts.admit(0);
    receipts.want();
    expect(receipts.take(false)).toBeUndefined();
    expect(receipts.counts()).toEqual([5]);
    receipts.confirm();
    expect(receipts.take(false)).toBe(`{"ack":[6]}\n`);
  });
});

describe("given another connection", () => {
  it("does not admit what had come before, and acknowledges it when it has come again", () => {
    const receipts = heard(2);
    const said = receipts.counts();
    for (const _ of "abc") receipts.admit(0);
    receipts.resume(said);
    receipts.confirm();
    receipts.want();
    expect(receipts.take(false)).toBeUndefined();
    expect([receipts.admit(0), receipts.admit(0)]).toEqual([false, false]);
    receipts.want();
    expect(receipts.take(false)).toBe(`{"ack":[4]}\n`);
    expect([receipts.admit(0), receipts.admit(0)]).toEqual([false, true]);
    expect(receipts.counts()).toEqual([5]);
  });

  it("begins on a lane that was not named with its first message", () => {
    const receipts = heard(1, 2);
    receipts.resume([0]);
    expect([receipts.admit(2), receipts.admit(2)]).toEqual([false, true]);
  });
});
