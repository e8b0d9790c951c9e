import { describe, expect, it } from "vitest";
import { Party, welcome } from "./party.ts";

const opening = '{"ipc":1,"role":"client","mode":"plain"}\n{"hello":{"name":"probe"}}\n';

/** A server whose application has not decided about its client yet. */
function deciding(): Party {
  const server = new Party("server", { accepts: false });
  server.feed(opening);
  return server;
}

function accept(server: Party): void {
  server.session.accept(welcome, 0);
  server.pump();
}

describe("what a client sends before it is accepted", () => {
  it("is held as the bytes that came, and becomes objects when the client is accepted", () => {
    const server = deciding();
    const objects = `["e",[${"{},".repeat(5_000)}1]]\n`;
    server.feed(objects.repeat(4));
    server.feed('[ "spaced", "ü" ]\n["last"]\n');
    expect(server.session.undelivered).toBe(0);
    accept(server);
    const names = server.events.map(([name]) => name);
    expect(names).toEqual(["e", "e", "e", "e", "spaced", "last"]);
    expect(server.events[4]?.[1]).toBe("ü");
    expect(server.events[0]?.[1]).toHaveLength(5_001);
  });

  it("is forgotten with a client that is turned away or leaves", () => {
    for (const end of ["refused", "left"]) {
      const server = deciding();
      server.feed('["early"]\n');
      if (end === "left") server.feed('{"bye":{"reason":"requested"}}\n');
      else server.session.close("kicked", 0);
      accept(server);
      expect(server.events).toEqual([]);
    }
  });

  it("ends the session when it is read, if it is wrong", () => {
    const server = deciding();
    server.feed('["right"]\n["wrong",}]\n["late"]\n');
    expect(server.session.phase).toBe("accepting");
    accept(server);
    server.session.handleDisconnect();
    server.pump();
    expect(server.events).toEqual([["right", undefined]]);
    expect(server.end).toMatchObject({ error: { code: "IPC_INVALID_JSON" } });
  });

  it("is no call", () => {
    const server = deciding();
    server.feed('[1,"early"]\n');
    expect(server.session.phase).toBe("closing");
  });

  it("is 64 KiB at most", () => {
    const server = deciding();
    server.feed(`["e","${"x".repeat(16_000)}"]\n`.repeat(4));
    expect(server.session.phase).toBe("accepting");
    server.feed(`["e","${"x".repeat(2_000)}"]\n`);
    expect(server.session.phase).toBe("closing");
  });
});
