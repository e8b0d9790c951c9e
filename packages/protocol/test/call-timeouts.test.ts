import { describe, expect, it } from "vitest";
import { openClient } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

describe("a call's timeout", () => {
  it("fails it at its instant, not before, and tells the answerer", () => {
    const pair = new SessionPair();
    pair.settle();
    const from = pair.now;
    pair.client.invoke("slow", undefined, 500);
    pair.pass(499);
    expect(pair.client.outcomes).toEqual([]);
    expect(pair.client.deadline).toBe(from + 500);
    pair.pass(1);
    expect(pair.client.outcomes).toEqual([["slow", "IPC_CALL_TIMEOUT"]]);
    pair.settle();
    expect(pair.server.delivered.at(-1)).toEqual(["cancel", 1]);
    pair.server.session.calls.reply(1, "too late");
    pair.settle();
    expect(pair.client.outcomes).toHaveLength(1);
  });

  it("says the event and the time in its error", () => {
    const client = openClient();
    client.invoke("slow", undefined, 20);
    client.tick(20);
    expect(client.delivered.at(-1)).toMatchObject([
      "reply",
      { event: "slow" },
      { error: { context: { event: "slow", timeout: 20 }, blame: "peer" } },
    ]);
  });

  it("of 0 is none: the call waits for ever", () => {
    const client = openClient({ limits: { heartbeatInterval: 0 } });
    client.invoke("slow", undefined, 0);
    expect(client.deadline).toBe(Infinity);
    client.tick(10 ** 12);
    expect([client.outcomes, client.session.calls.pending]).toEqual([[], 1]);
  });

  it("lets a reply count that has come before it, though it was looked at later", () => {
    const client = openClient();
    client.invoke("slow", undefined, 20);
    client.now = 25;
    client.feed(`{"reply":{"id":1,"data":1}}\n`);
    client.tick(25);
    expect(client.outcomes).toEqual([["slow", 1]]);
  });

  it("is the next deadline, whichever call has it, and none when all are done", () => {
    const client = openClient({ limits: { heartbeatInterval: 0 } });
    client.invoke("a", undefined, 300);
    client.invoke("b", undefined, 100);
    client.invoke("c", undefined, 200);
    expect(client.deadline).toBe(100);
    client.tick(100);
    expect(client.deadline).toBe(200);
    client.feed(`{"reply":{"id":3}}\n`);
    client.tick(200);
    expect(client.deadline).toBe(300);
    client.session.calls.cancel(1);
    expect(client.deadline).toBe(Infinity);
    client.invoke("d", undefined, 1_000);
    expect(client.deadline).toBe(1_200);
    expect(client.outcomes).toEqual([
      ["b", "IPC_CALL_TIMEOUT"],
      ["c", undefined],
    ]);
  });

  it("holds for each of 10,000 calls, some answered, some given up, some in time", () => {
    const client = openClient({ limits: { heartbeatInterval: 0, maxQueuedBytes: 2 ** 30 } });
    const due = new Map<string, number>();
    for (let count = 1; count <= 10_000; count++) {
      const timeout = 1 + ((count * 7_919) % 5_000);
      expect(client.invoke(`c${count}`, undefined, timeout)).toBe(count);
      if (count % 3 === 0) client.session.calls.cancel(count);
      else if (count % 3 === 1) client.feed(`{"reply":{"id":${count}}}\n`);
      else due.set(`c${count}`, timeout);
    }
    expect(client.session.calls.pending).toBe(due.size);
    const failedAt = new Map<string, number>();
    client.onDelivery = (one): void => {
      if (one[0] === "reply") failedAt.set(one[1].event, client.now);
    };
    while (client.deadline < Infinity) client.tick(client.deadline);
    expect(failedAt).toEqual(due);
    expect(client.session.calls.pending).toBe(0);
  });
});
