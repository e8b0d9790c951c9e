import { describe, expect, it } from "vitest";
import { openServer } from "./party.ts";

/** A call whose data is a text of so many characters. */
function call(id: number, length: number): string {
  return `[${id},"a","${"x".repeat(length)}"]\n`;
}

const refusal = 'IPC_TOO_MANY_CALLS","message":"5000 bytes of them (its maxCallBytes)';

describe("the limit of the bytes of calls without an answer", () => {
  it("refuses a call that is too large beside the others, at once", () => {
    const server = openServer({ limits: { maxCallBytes: 5_000 } });
    server.feed(call(1, 1_000) + call(2, 1_000) + call(3, 1_000));
    expect(server.calls.map(([id]) => id)).toEqual([1, 2]);
    expect(server.take()).toBe(`{"reply":{"id":3,"failure":"${refusal}"}}\n`);
  });

  it("counts the bytes of UTF-8, of which a character may have several", () => {
    const server = openServer({ limits: { maxCallBytes: 5_000 } });
    server.feed(`[1,"a","${"é".repeat(1_500)}"]\n` + call(2, 1));
    expect(server.calls.map(([id]) => id)).toEqual([1]);
    server.session.calls.reply(1, "done");
    server.feed(call(3, 1_500) + call(4, 1));
    expect(server.calls.map(([id]) => id)).toEqual([1, 3, 4]);
  });

  it("counts 1 KiB for each call beside its data, and its binary values", () => {
    const server = openServer({ limits: { maxCallBytes: 5_000 } });
    for (let id = 1; id <= 5; id++) server.feed(call(id, 1));
    expect(server.calls).toHaveLength(4);
    const other = openServer({ limits: { maxCallBytes: 5_000 } });
    other.feed(`*2000 [1,"a",{"$bin":[0,"Buffer"]}]\n${"x".repeat(2_000)}`);
    other.feed(call(2, 1_000));
    expect(other.calls.map(([id]) => id)).toEqual([1]);
  });

  it("lets a single larger call run alone", () => {
    const server = openServer({ limits: { maxCallBytes: 5_000 } });
    server.feed(call(1, 9_000) + call(2, 1));
    expect(server.calls.map(([id]) => id)).toEqual([1]);
    server.session.calls.reply(1, "done");
    server.feed(call(3, 1));
    expect(server.calls.map(([id]) => id)).toEqual([1, 3]);
  });

  it("counts a cancelled call until its handler is done, and a refused one never", () => {
    const server = openServer({ limits: { maxCallBytes: 5_000 } });
    server.feed(`${call(1, 3_000)}{"cancel":1}\n${call(2, 1_000)}${call(3, 1_000)}`);
    expect(server.calls.map(([id]) => id)).toEqual([1]);
    server.session.calls.reply(1, "not sent");
    server.feed(call(4, 1_000) + call(5, 1_000));
    expect(server.calls.map(([id]) => id)).toEqual([1, 4, 5]);
  });

  it("is 32 MiB unless said otherwise: as much as one message", () => {
    const server = openServer();
    server.feed(call(1, 20_000_000) + call(2, 13_000_000) + call(3, 13_000_000));
    expect(server.calls.map(([id]) => id)).toEqual([1, 2]);
  });

  it.each([0, -1, Number.NaN])("is no %d", (maxCallBytes) => {
    expect(() => openServer({ limits: { maxCallBytes } })).toThrow(/maxCallBytes/);
  });
});
