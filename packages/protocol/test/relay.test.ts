import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { ada, relayPair } from "./relay-pair.ts";
import type { SessionPair } from "./session-pair.ts";

let pair: SessionPair;

beforeEach(() => {
  pair = relayPair();
});

describe("a message of one client for another", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a list", [1, [2]]],
    ["bytes at depth", { list: [Buffer.from("bytes"), new Float64Array([1.5])] }],
    ["many bytes", Buffer.alloc(5_000, 7)],
    ["text of many scripts", "naïve 世界 \u2028 🌍"],
  ])("brings %s to the server, and from there on, as an event and as a call", (_, data) => {
    const { client, server } = pair;
    expect(client.session.relay.emitTo("BBBB", "greet", data)).toBe(true);
    client.session.relay.invokeTo("BBBB", "greet", data, { event: "greet" }, 0, 0);
    expect(server.session.relay.emitFrom(ada, "greet", data)).toBe(true);
    server.session.relay.invokeFrom(ada, "greet", data, { event: "greet" }, 0);
    pair.settle();
    expect(server.relayed).toStrictEqual([
      ["BBBB", "", "greet", data, undefined],
      ["BBBB", "", "greet", data, 1],
    ]);
    expect(client.relayed).toStrictEqual([
      ["AAEC", "Ada", "greet", data, undefined],
      ["AAEC", "Ada", "greet", data, 1],
    ]);
  });

  it("is written as WIRE.md says, and tells its size", () => {
    const { client, server } = pair;
    client.session.relay.emitTo("BBBB", "greet", { text: "hello" });
    client.session.relay.invokeTo("BBBB", "greet", undefined, { event: "greet" }, 0, 0);
    server.session.relay.emitFrom(ada, "greet", 1);
    server.session.relay.tellNotRelayed("BBBB", "greet", "IPC_RELAY_REFUSED", "no");
    for (const party of [client, server]) party.pump();
    const line = '["ipc:to",["BBBB","greet",{"text":"hello"}]]\n';
    expect(client.take()).toBe(`${line}[1,"ipc:to",["BBBB","greet"]]\n`);
    expect(server.take()).toBe(
      '["ipc:from",["AAEC","Ada","greet",1]]\n' +
        '["ipc:not-relayed",["BBBB","greet","IPC_RELAY_REFUSED","no"]]\n',
    );
    server.feed(line);
    expect(server.delivered.at(-1)?.[1]).toMatchObject({ size: line.length - 1 });
    server.feed('*3 ["ipc:to",["B","x",{"$bin":[0,"Buffer"]}]]\nabc');
    expect(server.delivered.at(-1)?.[1]).toMatchObject({ size: 42 + 3 });
  });

  it("is answered as any other call: by a value, an error or a refusal", () => {
    const { client, server } = pair;
    const { relay } = client.session;
    for (const event of ["a", "b", "c", "d"]) relay.invokeTo("B", event, 1, { event }, 0, 0);
    pair.settle();
    const { calls } = server.session;
    calls.reply(1, "well");
    calls.replyError(2, { name: "RangeError", message: "far", code: "FAR" });
    calls.refuse(3, "IPC_RELAY_REFUSED", "not you");
    calls.refuse(4, "IPC_UNKNOWN_CLIENT");
    pair.settle();
    expect(client.outcomes).toEqual([
      ["a", "well"],
      ["b", "FAR"],
      ["c", "IPC_RELAY_REFUSED"],
      ["d", "IPC_UNKNOWN_CLIENT"],
    ]);
    expect(client.failures.map(({ message }) => message).slice(1)).toEqual([
      `The server does not pass the call on: "not you".`,
      "No client with this id is connected to the server.",
    ]);
  });

  it("may be given up, and fails when its time is over", () => {
    const { client, server } = pair;
    const { relay } = client.session;
    const id = relay.invokeTo("B", "a", 1, { event: "a" }, 0, 0);
    relay.invokeTo("B", "b", 1, { event: "b" }, 100, pair.now);
    pair.settle();
    client.session.calls.cancel(Number(id));
    pair.pass(200);
    expect(client.outcomes).toEqual([["b", "IPC_CALL_TIMEOUT"]]);
    expect(server.delivered.flatMap((one) => (one[0] === "cancel" ? [one[1]] : []))).toEqual([
      1, 2,
    ]);
  });

  it("keeps its place among events and calls", () => {
    const { client, server } = pair;
    client.session.emit("one", 1);
    client.session.relay.emitTo("B", "two", 2);
    client.invoke("three", 3);
    client.session.relay.invokeTo("B", "four", 4, { event: "four" }, 0, 0);
    client.session.emit("five", 5);
    pair.settle();
    expect(server.delivered.slice(1).map(([what]) => what)).toEqual([
      "event",
      "relayed",
      "call",
      "relayed",
      "event",
    ]);
  });

  it.each([
    ["error", 1, "IPC_RESERVED_EVENT"],
    ["ipc:to", 1, "IPC_RESERVED_EVENT"],
    [5 as unknown as string, 1, "IPC_NOT_ENCODABLE"],
    ["a", 1n, "IPC_NOT_ENCODABLE"],
    ["a", Symbol("x"), "IPC_NOT_ENCODABLE"],
    ["a", () => 1, "IPC_NOT_ENCODABLE"],
  ])("throws for the event %s with the data %s at the caller: %s", (event, data, code) => {
    const { relay } = pair.client.session;
    const refusal = expect.objectContaining({ code, blame: "caller" }) as Error;
    expect(() => relay.emitTo("B", event, data)).toThrow(refusal);
    expect(() => relay.invokeTo("B", event, data, { event: "a" }, 0, 0)).toThrow(refusal);
    expect(() => pair.server.session.relay.emitFrom(ada, event, data)).toThrow(refusal);
    expect(pair.client.session.calls.pending).toBe(0);
  });

  it.each([
    [126, "open", "none"],
    [127, "open", "none"],
    [128, "open", "IPC_TOO_DEEP"],
  ])("may have data of 127 levels: %d", (levels, phase, thrown) => {
    let data: unknown = 1;
    for (let level = 0; level < levels; level++) data = [data];
    expect(thrownBy(() => pair.client.session.relay.emitTo("B", "a", data))).toBe(thrown);
    pair.settle();
    expect(pair.server.session.phase).toBe(phase);
    expect(pair.server.relayed).toHaveLength(thrown === "none" ? 1 : 0);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}
