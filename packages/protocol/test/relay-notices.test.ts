import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import type { ProtocolError } from "../src/index.ts";
import { openClient, openServer } from "./party.ts";
import { ada, relayPair, relaying } from "./relay-pair.ts";
import type { SessionPair } from "./session-pair.ts";

let pair: SessionPair;

beforeEach(() => {
  pair = relayPair();
});

describe("a notice that an event was not passed on", () => {
  it.each([
    ["IPC_UNKNOWN_CLIENT", "IPC_UNKNOWN_CLIENT"],
    ["IPC_RELAY_REFUSED", "IPC_RELAY_REFUSED"],
    ["IPC_RELAY_UNSUPPORTED", "IPC_RELAY_UNSUPPORTED"],
    ["IPC_QUEUE_FULL", "IPC_QUEUE_FULL"],
    ["IPC_MESSAGE_TOO_LARGE", "IPC_MESSAGE_TOO_LARGE"],
    ["IPC_TOO_MANY_ATTACHMENTS", "IPC_TOO_MANY_ATTACHMENTS"],
    ["IPC_STREAMS_UNSUPPORTED", "IPC_STREAMS_UNSUPPORTED"],
    ["IPC_TOO_MANY_STREAMS", "IPC_TOO_MANY_STREAMS"],
    ["IPC_TOO_DEEP", "IPC_RELAY_REFUSED"],
    ["toString", "IPC_RELAY_REFUSED"],
  ])("of %s is reported as %s", (told, code) => {
    const { client, server } = pair;
    server.session.relay.tellNotRelayed("BBBB", "greet", told, "because");
    server.session.emit("after", 1);
    pair.settle();
    expect(client.events).toEqual([
      ["ipc:report", expect.objectContaining({ code, blame: "peer" })],
      ["after", 1],
    ]);
    const [, error] = client.events[0] ?? [];
    const { context, message } = error as ProtocolError;
    expect(message).toMatch(/"greet" did not reach the client "BBBB": .+: "because"\.$/);
    expect(context).toEqual({ event: "greet", to: "BBBB" });
  });

  it("repeats neither a huge name nor a huge reason", () => {
    const { client, server } = pair;
    server.session.relay.tellNotRelayed("B", "x".repeat(100_000), "?", "y".repeat(100_000));
    server.pump();
    expect(server.written.at(-1)?.length).toBeLessThan(1_500);
    pair.settle();
    expect(client.reports).toEqual(["IPC_RELAY_REFUSED"]);
  });
});

describe("a peer that knows nothing of it", () => {
  it("is sent nothing: a client is told by its event and its call", () => {
    const { client, server } = relayPair(relaying, {});
    const { relay } = client.session;
    expect(relay.emitTo("B", "a", Buffer.from("x"))).toBe(false);
    expect(relay.invokeTo("B", "a", 1, { event: "a" }, 0, 0)).toMatchObject({
      code: "IPC_RELAY_UNSUPPORTED",
      blame: "peer",
    });
    client.pump();
    expect(client.reports).toEqual(["IPC_RELAY_UNSUPPORTED"]);
    expect(client.take()).toBe("");
    expect([client.session.calls.pending, server.delivered.length]).toEqual([0, 1]);
  });

  it("is sent nothing: a server is told", () => {
    const { server } = relayPair({}, relaying);
    const { relay } = server.session;
    const error = expect.objectContaining({ code: "IPC_RELAY_UNSUPPORTED" }) as unknown;
    expect(relay.emitFrom(ada, "a", 1)).toEqual(error);
    expect(relay.invokeFrom(ada, "a", 1, { event: "a" }, 0)).toEqual(error);
    relay.tellNotRelayed("B", "a", "IPC_RELAY_REFUSED");
    server.pump();
    expect(server.take()).toBe("");
  });

  it("has such messages dropped and reported, and its calls refused, as with any reserved name", () => {
    const server = openServer();
    server.feed('["ipc:to",["B","a",1]]\n["ipc:to"]\n[1,"ipc:to",["B","a",1]]\n');
    expect(server.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(server.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    expect(server.relayed).toEqual([]);
    const client = openClient();
    client.feed('["ipc:from",["A","Ada","a",1]]\n["ipc:not-relayed",["B","a","IPC_X"]]\n');
    expect(client.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(client.relayed).toEqual([]);
  });
});
