import { beforeEach, describe, expect, it } from "vitest";
import { CallPair } from "./call-pair.ts";
import { openClient, openServer, Party } from "./party.ts";

let pair: CallPair;
let caller: Party;
let answerer: Party;

beforeEach(() => {
  pair = new CallPair();
  ({ caller, answerer } = pair);
});

describe("an answer", () => {
  it("is given once: what comes after it is dropped", () => {
    const id = pair.ask("a");
    answerer.session.calls.reply(id, 1);
    answerer.session.calls.reply(id, 2);
    answerer.session.calls.replyError(id, { name: "Error", message: "3" });
    answerer.session.calls.refuse(id, "IPC_NO_HANDLER");
    answerer.session.calls.reply(99, 4);
    pair.settle();
    expect(caller.outcomes).toEqual([["a", 1]]);
    expect(caller.session.phase).toBe("open");
  });

  it("of a peer by hand counts once, however often it comes", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":{"id":1,"data":1}}\n{"reply":{"id":1,"data":2}}\n`);
    expect([client.outcomes, client.phase]).toEqual([[["a", 1]], "open"]);
  });

  it.each([
    ["an error without a message", `{"id":1,"error":{"name":"x"}}`],
    ["an error that is a text", `{"id":1,"error":"x"}`],
    ["an error that is null", `{"id":1,"error":null}`],
    ["a failure that is a number", `{"id":1,"failure":5}`],
    ["the id 0", `{"id":0}`],
    ["an id that was never given", `{"id":2}`],
    ["data of 129 levels", `{"id":1,"data":${"[".repeat(129)}${"]".repeat(129)}}`],
    [
      "an error of 129 levels",
      `{"id":1,"error":{"name":"","message":"","data":${"[".repeat(128)}${"]".repeat(128)}}}`,
    ],
  ])("with %s is a violation, and the call is lost", (_, reply) => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":${reply}}\n`);
    expect(client.outcomes).toEqual([["a", "IPC_CALL_LOST"]]);
    client.disconnect();
    expect(client.end?.reason).toBe("violation");
  });

  it("with a failure of a later version is a refusal, and the session goes on", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":{"id":1,"failure":"IPC_NEW","message":"too late today"}}\n`);
    expect(client.outcomes).toEqual([["a", "IPC_REFUSED"]]);
    expect(client.failures[0]?.message).toBe(
      'The peer refuses the call for a reason that this version does not know: "too late today".',
    );
    expect(client.phase).toBe("open");
  });

  it("with attachments is one only if it has data", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`*1 {"reply":{"id":1,"error":{"name":"","message":""}}}\nx`);
    expect(client.phase).toBe("closing");
  });

  it("above 16 KiB is taken, as no other control message is", () => {
    const client = openClient();
    client.invoke("a");
    client.feed(`{"reply":{"id":1,"data":"${"x".repeat(20_000)}"}}\n`);
    expect(client.outcomes[0]?.[1]).toHaveLength(20_000);
    client.feed(` {"reply":{"id":1,"data":"${"x".repeat(20_000)}"}}\n`);
    expect(client.phase).toBe("closing");
  });

  it.each([`[1,"a"]\n`, `{"reply":{"id":1}}\n`, `{"cancel":1}\n`])(
    "or a call has no place before the welcome: %s",
    (line) => {
      const server = new Party("server", { accepts: false });
      server.feed(`{"ipc":[1],"role":"client","mode":"plain"}\n{"hello":{}}\n`);
      expect(server.phase).toBe("accepting");
      server.feed(line);
      expect(server.phase).toBe("closing");
    },
  );
});

describe("a cancellation", () => {
  it("tells the answerer, and the caller hears no more of the call", () => {
    const id = pair.ask("a");
    expect(caller.session.calls.cancel(id)).toBe(true);
    expect(caller.session.calls.cancel(id)).toBe(false);
    pair.settle();
    expect(answerer.delivered.at(-1)).toEqual(["cancel", id]);
    answerer.session.calls.reply(id, "too late");
    pair.settle();
    expect(caller.outcomes).toEqual([]);
    expect([caller.session.calls.pending, answerer.session.calls.pending]).toEqual([0, 0]);
  });

  it("may cross the reply, whichever is first", () => {
    const id = pair.ask("a");
    answerer.session.calls.reply(id, 1);
    caller.session.calls.cancel(id);
    pair.settle();
    expect(answerer.delivered.some(([kind]) => kind === "cancel")).toBe(false);
    expect(caller.outcomes).toEqual([]);
    expect([caller.session.phase, answerer.session.phase]).toEqual(["open", "open"]);
  });

  it("that arrives with its call comes after it", () => {
    caller.session.calls.cancel(caller.invoke("a") as number);
    pair.settle();
    expect(answerer.delivered.slice(-2).map(([kind]) => kind)).toEqual(["call", "cancel"]);
  });

  it("is told once, however often a peer sends it", () => {
    const server = openServer();
    server.feed(`[1,"a"]\n{"cancel":1}\n{"cancel":1}\n`);
    expect(server.delivered.filter(([kind]) => kind === "cancel")).toHaveLength(1);
    server.session.calls.reply(1, undefined);
    server.feed(`{"cancel":1}\n`);
    expect([server.phase, server.session.calls.pending]).toEqual(["open", 0]);
  });
});
