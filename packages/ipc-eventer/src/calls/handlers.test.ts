import { describe, expect, it } from "vitest";
import { HandlerEntry, Handlers } from "./handlers.ts";

const mistake = /is a (function|number)/;

describe("handlers", () => {
  it("are one for each event, until it is taken off", () => {
    const handlers = new Handlers<undefined>();
    handlers.set("sum", () => 1);
    expect(() => handlers.set("sum", () => 2)).toThrow(/has a handler already/);
    handlers.delete("sum");
    handlers.set("sum", () => 3);
    expect(handlers.get("sum")).toBeInstanceOf(HandlerEntry);
    expect(handlers.get("product")).toBeUndefined();
  });

  it.each([undefined, null, {}, "sum"])("are functions, not %o", (handler) => {
    const handlers = new Handlers<undefined>();
    expect(() => handlers.set("sum", handler as () => unknown)).toThrow(mistake);
    expect(handlers.get("sum")).toBeUndefined();
  });

  it.each([0, 0.5, Number.NaN, "1" as unknown as number])(
    "run at least one call at once: a concurrency of %o is refused",
    (concurrency) => {
      expect(() => new HandlerEntry(() => 1, { concurrency })).toThrow(mistake);
    },
  );

  it("begin as many calls as they may, the others in their order", () => {
    const entry = new HandlerEntry<string>(() => 1, { concurrency: 2 });
    const begun: number[] = [];
    const call = (id: number) => ({ socket: "peer", begin: () => begun.push(id) });
    for (const id of [1, 2, 3, 4]) entry.acquire(call(id));
    expect(begun).toEqual([1, 2]);
    entry.release();
    expect(begun).toEqual([1, 2, 3]);
    entry.release();
    entry.release();
    entry.release();
    entry.acquire(call(5));
    expect(begun).toEqual([1, 2, 3, 4, 5]);
  });

  it("begin each of thousands that are done as soon as they begin, and not one within another", () => {
    const entry = new HandlerEntry<string>(() => 1, { concurrency: 1 });
    let begun = 0;
    const brief = { socket: "peer", begin: () => (begun++, entry.release()) };
    entry.acquire({ socket: "peer", begin: () => undefined });
    for (let count = 0; count < 50_000; count++) entry.acquire(brief);
    entry.release();
    expect(begun).toBe(50_000);
    entry.acquire(brief);
    expect(begun).toBe(50_001);
  });

  it("give each peer one turn after the other, however many calls of one wait", () => {
    const entry = new HandlerEntry<string>(() => 1, { concurrency: 1 });
    const begun: string[] = [];
    for (const call of [
      "greedy 1",
      "greedy 2",
      "greedy 3",
      "greedy 4",
      "ada 1",
      "bob 1",
      "bob 2",
    ]) {
      entry.acquire({ socket: call.split(" ")[0] ?? "", begin: () => begun.push(call) });
    }
    for (let call = 0; call < 7; call++) entry.release();
    expect(begun).toEqual([
      "greedy 1",
      "greedy 2",
      "ada 1",
      "bob 1",
      "greedy 3",
      "bob 2",
      "greedy 4",
    ]);
  });
});
