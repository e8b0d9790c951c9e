import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { IPCServer, IPCSocket } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

const many = 10_000;

/** Kinds of things that hold this process for longer than a turn of the loop, with their numbers. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {};
  const kinds = process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate");
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use when all garbage is gone. */
async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await turn();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

/** Wait until nothing of the calls is on its way: the other side has room for all of them again. */
async function settled(socket: IPCSocket): Promise<void> {
  const fine = async (): Promise<boolean> => {
    const calls = Array.from({ length: 100 }, () => socket.invoke("free"));
    const outcomes = await Promise.allSettled(calls);
    return outcomes.every(({ status }) => status === "fulfilled");
  };
  while (!(await fine())) await turn();
}

describe("10,000 calls that are given up in every way", () => {
  it("leave no listener, no timer, no place taken and no memory behind", async () => {
    const place = new TestPlace();
    const server: IPCServer = await place.serve({ maxCalls: 100 });
    const { client, socket } = await place.pair(server);
    let running = 0;
    server.handle("free", () => undefined);
    server.handle("fail", () => Promise.reject(new Error("no")));
    server.handle("wait", async (_, { signal }) => {
      running += 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      running -= 1;
    });
    const lasting = new AbortController();
    const ways: (() => Promise<unknown>)[] = [
      () => socket.invoke("free", 1, { signal: lasting.signal }),
      () => socket.invoke("fail", 1, { signal: lasting.signal }),
      () => socket.invoke("nobody", 1, { signal: lasting.signal }),
      () => socket.invoke("wait", 1n, { signal: lasting.signal }),
      () => socket.invoke("wait", 1, { signal: lasting.signal, timeout: 1 }),
      () => socket.invoke("wait", 1, { signal: AbortSignal.abort() }),
      () => {
        const giveUp = new AbortController();
        const call = socket.invoke("wait", 1, { signal: giveUp.signal });
        setImmediate(() => giveUp.abort());
        return call;
      },
    ];
    const abandon = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 70) {
        const calls = Array.from({ length: 10 }, () => ways.map((way) => way()));
        await Promise.allSettled(calls.flat());
      }
      await settled(socket);
    };
    await abandon(1_000);
    const [resources, memory] = [held(), await heap()];
    await abandon(many);
    expect(getEventListeners(lasting.signal, "abort")).toEqual([]);
    expect(running).toBe(0);
    expect(held()).toEqual(resources);
    const grown = (await heap()) - memory;
    // A kept entry, listener and promise for each would be several megabytes.
    expect(grown).toBeLessThan(2_000_000);
    await client.disconnect();
  });

  it("leave nothing behind when the session ends under them", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxCalls: many });
    const { client, socket } = await place.pair(server);
    const signals: AbortSignal[] = [];
    server.handle("wait", (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const lasting = new AbortController();
    const calls = Array.from({ length: many }, () =>
      socket.invoke("wait", 1, { signal: lasting.signal }),
    );
    const outcomes = Promise.allSettled(calls);
    while (signals.length < many) await turn();
    await client.disconnect();
    const codes = new Set(
      (await outcomes).map((one) => "reason" in one && (one.reason as { code: string }).code),
    );
    expect(codes).toEqual(new Set(["IPC_CALL_LOST"]));
    expect(getEventListeners(lasting.signal, "abort")).toEqual([]);
    while (signals.some(({ aborted }) => !aborted)) await turn();
  });
});
