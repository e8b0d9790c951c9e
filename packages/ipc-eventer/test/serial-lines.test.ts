import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Gate } from "./gate.ts";
import { TestPlace } from "./test-place.ts";

it.each([
  ["fails at once", false],
  ["is given up while it waits", true],
])(
  "a line of thousands of calls, each of which %s, ends in order and harms nothing",
  async (_, givesUp) => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Gate();
    let begun = 0;
    server.handle(
      "serial",
      (what, context) => {
        if (what === "wait") return gate.handler(what, context);
        begun++;
        throw new Error("no");
      },
      { concurrency: 1 },
    );
    const pairs = await Promise.all(Array.from({ length: 10 }, () => place.pair(server)));
    const [first] = pairs;
    const waiting = first?.socket.invoke("serial", "wait");
    await gate.holds(1);
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const calls = pairs.flatMap(({ socket }) =>
      Array.from({ length: 900 }, () => socket.invoke("serial", "fail", { signal })),
    );
    const outcomes = Promise.allSettled(calls);
    const pending = (): number =>
      pairs.reduce((sum, { remote }) => sum + remote.stats().pendingCalls, 0);
    while (pending() < 9_001) await turn();
    if (givesUp) giveUp.abort();
    if (givesUp) await Promise.all(pairs.map(({ socket }) => socket.flush()));
    gate.open();
    await waiting;
    const failed = (await outcomes).filter(({ status }) => status === "rejected");
    expect([failed.length, begun]).toEqual([9_000, givesUp ? 0 : 9_000]);
    gate.open();
    await expect(first?.socket.invoke("serial", "again")).rejects.toThrow("no");
  },
);
