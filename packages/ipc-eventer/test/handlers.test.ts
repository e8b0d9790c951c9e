import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { bothWays } from "./both-ways.ts";
import { codeOf } from "./code-of.ts";
import { Gate } from "./gate.ts";
import { hear } from "./hear.ts";
import { preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

describe("concurrency", () => {
  it("of 1 runs the calls of all peers one after the other, in order", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const [one, two] = [await place.pair(server), await place.pair(server)];
    let running = 0;
    const order: unknown[] = [];
    const handler = async (data: unknown): Promise<void> => {
      running += 1;
      expect(running).toBe(1);
      order.push(data);
      await turn();
      running -= 1;
    };
    server.handle("serial", handler, { concurrency: 1 });
    const calls = Array.from({ length: 20 }, (_, n) =>
      (n < 10 ? one : two).socket.invoke("serial", n),
    );
    await Promise.all(calls);
    expect(order.filter((n) => Number(n) < 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(order).toHaveLength(20);
  });

  it("runs no more than it says, and goes on after a handler has thrown", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    let [running, most] = [0, 0];
    const handler = async (n: number): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      if (n % 2 === 0) throw new Error("even");
    };
    answerer.handle("three", handler, { concurrency: 3 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => asker.invoke("three", n)),
    );
    expect(most).toBe(3);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(15);
  });

  it("does not run a call that is given up while it waits, and makes its place free", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays({ maxCalls: 2 });
    const gate = new Gate();
    answerer.handle("serial", gate.handler, { concurrency: 1 });
    const first = asker.invoke("serial", 1);
    const giveUp = new AbortController();
    const second = asker.invoke("serial", 2, { signal: giveUp.signal });
    await gate.holds(1);
    giveUp.abort();
    expect(await codeOf(second)).toBe("IPC_CALL_CANCELLED");
    // Its turn has not come, and so its place is not free.
    expect(await codeOf(asker.invoke("serial", "no place"))).toBe("IPC_TOO_MANY_CALLS");
    gate.open();
    expect(await first).toBe(1);
    const third = asker.invoke("serial", 3);
    await gate.holds(2);
    gate.open();
    expect(await third).toBe(3);
    expect(gate.passed).toEqual([1, 3]);
  });

  it.each([0, -1, Number.NaN, "1"])("of %s is refused", async (concurrency) => {
    const [{ answerer } = {} as never] = await bothWays();
    const options = { concurrency: concurrency as number };
    expect(() => answerer.handle("x", () => 1, options)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
    );
  });
});

describe("a handler", () => {
  it("is one for each event, of a name that is not the library's", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket } = await place.pair(server);
    for (const owner of [server, client, socket]) {
      owner.handle("x", () => 1);
      expect(() => owner.handle("x", () => 2)).toThrow(
        expect.objectContaining({ code: "IPC_HANDLER_EXISTS" }),
      );
      owner.unhandle("x").handle("x", () => 3);
      expect(() => owner.handle("connect", () => 1)).toThrow(
        expect.objectContaining({ code: "IPC_RESERVED_EVENT" }),
      );
    }
  });

  it("goes on when it is taken off in the middle of a call", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    const gate = new Gate();
    answerer.handle("wait", gate.handler);
    const call = asker.invoke("wait", 1);
    await gate.holds(1);
    answerer.unhandle("wait");
    gate.open();
    expect(await call).toBe(1);
  });

  it("is not there for names like those of a prototype", async () => {
    const [{ asker } = {} as never] = await bothWays();
    for (const event of ["__proto__", "constructor", "toString", ""]) {
      expect(await codeOf(asker.invoke(event))).toBe("IPC_NO_HANDLER");
    }
  });

  it("answers a peer that has no library, and only what it is asked", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("add", ([a, b]: [number, number]) => a + b);
    const peer = await place.rawPeer(server);
    const connected = hear(server, "connected");
    peer.say(`${preface}{"hello":{}}\n`);
    await connected;
    await peer.hears("welcome");
    peer.say(`[1,"add",[1,2]]\n[2,"nobody"]\n`);
    await peer.hears(`{"reply":{"id":1,"data":3}}\n`);
    await peer.hears(`{"reply":{"id":2,"failure":"IPC_NO_HANDLER","message":"nobody"}}\n`);
  });
});
