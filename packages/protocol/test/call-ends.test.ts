import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { CallPair } from "./call-pair.ts";
import { openClient, Party } from "./party.ts";

let pair: CallPair;
let caller: Party;
let answerer: Party;

beforeEach(() => {
  pair = new CallPair();
  ({ caller, answerer } = pair);
});

describe("the end of a session", () => {
  it("fails each call once, and says what is known of it", () => {
    pair.ask("a");
    caller.invoke("b");
    pair.cut();
    expect(caller.outcomes).toEqual([
      ["a", "IPC_CALL_LOST"],
      ["b", "IPC_CALL_LOST"],
    ]);
    expect(pair.failure).toMatchObject({ context: { event: "b", outcome: "not sent" } });
    expect(caller.invoke("c")).toBe("IPC_CALL_LOST");
    const late = caller.session.calls.invoke("c", 1, { event: "c" }, 0, 0);
    expect(late).toMatchObject({ context: { event: "c", outcome: "not sent" }, blame: "caller" });
    expect([caller.session.calls.pending, answerer.session.calls.pending]).toEqual([0, 0]);
    expect(caller.delivered.at(-1)?.[0]).toBe("closed");
  });

  it.each([
    ["this side says goodbye", (): void => caller.close("requested")],
    ["the peer says goodbye", (): void => answerer.close("kicked")],
    ["the peer breaks the protocol", (): void => caller.feed("!\n")],
    ["the peer falls silent", (): void => caller.tick(40_000)],
    ["the connection breaks", (): void => caller.disconnect(new Error("reset"))],
  ])("fails its calls when %s", (_, act) => {
    pair.ask("a", undefined, 0);
    caller.tick(15_000);
    act();
    pair.settle();
    pair.cut();
    expect(caller.outcomes).toEqual([["a", "IPC_CALL_LOST"]]);
  });

  it("forgets the peer's calls: an answer goes nowhere", () => {
    const id = pair.ask("a");
    answerer.close("server-closing");
    answerer.session.calls.reply(id, 1);
    answerer.session.calls.replyError(id, { name: "Error", message: "" });
    answerer.pump();
    expect(answerer.take()).toBe(`{"bye":{"reason":"server-closing"}}\n`);
  });

  it("does not lose an outcome that has come and is not delivered yet", () => {
    const client = openClient();
    client.invoke("a");
    client.invoke("b");
    client.onDelivery = ([, name]): void => {
      if (name === "stop") client.session.close({ reason: "requested" }, 0);
    };
    client.feed(`["stop"]\n["dropped"]\n{"reply":{"id":1,"data":"kept"}}\n`);
    expect(client.outcomes).toEqual([
      ["a", "kept"],
      ["b", "IPC_CALL_LOST"],
    ]);
    expect(client.events.map(([name]) => name)).toEqual(["stop"]);
  });

  it("does not lose one that the driver holds back", () => {
    const client = openClient();
    client.invoke("a");
    client.session.handleBytes(Buffer.from(`{"reply":{"id":1,"data":1}}\n["x"]\n`), 0);
    client.session.close({ reason: "requested" }, 0);
    client.pump();
    expect([client.outcomes, client.events]).toEqual([[["a", 1]], []]);
  });
});
