import { describe, expect, it } from "vitest";
import { openClient, openServer } from "./party.ts";
import { relaying } from "./relay-pair.ts";

describe("given a hostile peer", () => {
  const offering = `{"ipc":1,"role":"client","mode":"plain","features":["relay"]}\n`;
  const offeringServer = offering.replace("client", "server");

  it.each([
    "null",
    "5",
    "{}",
    "[]",
    '["B"]',
    '[5,"a"]',
    '["B",5]',
    '["B",null,1]',
    '["B","a",1,2]',
    '{"0":"B","1":"a"}',
    JSON.stringify(["x".repeat(257), "a"]),
  ])("a server ends its session over %s, as an event and as a call", (parts) => {
    for (const line of [`["ipc:to",${parts}]\n`, `[1,"ipc:to",${parts}]\n`]) {
      const server = openServer(relaying, offering);
      server.feed(`["before"]\n${line}["after"]\n`);
      expect(server.take()).toBe('{"error":"IPC_INVALID_MESSAGE"}\n');
      expect(server.events).toEqual([["before", undefined]]);
      expect(server.relayed).toEqual([]);
    }
  });

  it.each([
    '["ipc:from",[]]',
    '["ipc:from",["A","Ada"]]',
    '["ipc:from",["A",5,"a"]]',
    '["ipc:from",["A","Ada",5]]',
    '["ipc:from",["A","Ada","a",1,2]]',
    JSON.stringify(["ipc:from", ["A", "x".repeat(257), "a"]]),
    '["ipc:not-relayed",[]]',
    '["ipc:not-relayed",["B","a",5]]',
    '["ipc:not-relayed"]',
  ])("a client ends its session over %s", (line) => {
    const client = openClient(relaying, offeringServer);
    client.feed(`${line}\n`);
    expect(client.take()).toBe('{"error":"IPC_INVALID_MESSAGE"}\n');
    expect(client.relayed).toEqual([]);
  });

  it("no client can speak for the server, and no server be spoken to as one", () => {
    const server = openServer(relaying, offering);
    server.feed('["ipc:from",["A","Ada","a",1]]\n["ipc:not-relayed",["B","a","IPC_X"]]\n');
    server.feed('[1,"ipc:from",["A","Ada","a",1]]\n');
    expect(server.reports).toEqual(["IPC_RESERVED_EVENT", "IPC_RESERVED_EVENT"]);
    expect(server.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    const client = openClient(relaying, offeringServer);
    client.feed('["ipc:to",["B","a",1]]\n[1,"ipc:to",["B","a",1]]\n');
    expect(client.reports).toEqual(["IPC_RESERVED_EVENT"]);
    expect(client.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
    expect([server.relayed, client.relayed]).toEqual([[], []]);
  });

  it.each(["error", "connected", "ipc:from", "ipc:to", "ipc:report", "newListener"])(
    "the name %s within is dropped and reported, and a call refused",
    (event) => {
      const server = openServer(relaying, offering);
      server.feed(`${JSON.stringify(["ipc:to", ["B", event, 1]])}\n`);
      server.feed(`${JSON.stringify([1, "ipc:to", ["B", event, 1]])}\n`);
      const client = openClient(relaying, offeringServer);
      client.feed(`${JSON.stringify(["ipc:from", ["A", "Ada", event, 1]])}\n`);
      client.feed(`${JSON.stringify([1, "ipc:from", ["A", "Ada", event, 1]])}\n`);
      for (const party of [server, client]) {
        expect(party.reports).toEqual(["IPC_RESERVED_EVENT"]);
        expect(party.take()).toBe('{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}\n');
        expect([party.relayed, party.session.calls.pending]).toEqual([[], 0]);
      }
    },
  );

  it("calls for others count among its own", () => {
    const server = openServer({ ...relaying, limits: { maxCalls: 2 } }, offering);
    for (const id of [1, 2, 3]) server.feed(`[${id},"ipc:to",["B","a"]]\n`);
    expect(server.relayed).toHaveLength(2);
    expect(server.take()).toBe('{"reply":{"id":3,"failure":"IPC_TOO_MANY_CALLS"}}\n');
  });

  it("what it sent before its session ended is not delivered to a side that has closed", () => {
    const server = openServer({ ...relaying, accepts: true }, offering);
    server.onDelivery = (one): void => {
      if (one[0] === "event") server.session.close("requested", 0);
    };
    server.feed('["first"]\n["ipc:to",["B","a"]]\n[1,"ipc:to",["B","a"]]\n');
    expect(server.relayed).toEqual([]);
  });
});
