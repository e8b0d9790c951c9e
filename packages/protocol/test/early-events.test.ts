import { describe, expect, it } from "vitest";
import { Party, welcome } from "./party.ts";

const opening = '{"ipc":[1],"role":"client","mode":"plain"}\n{"hello":{"name":"probe"}}\n';

/** A server whose application has not decided about its client yet. */
function deciding(): Party {
  const server = new Party("server", { accepts: false });
  server.feed(opening);
  return server;
}

describe("a client that is not accepted yet", () => {
  it.each(['["early"]', '[1,"early"]', '{"ping":1}', '{"hello":{}}', '{"reply":{"id":1}}'])(
    "may not say %s, with the hello or behind it",
    (line) => {
      const apart = deciding();
      apart.feed(`${line}\n`);
      const together = new Party("server", { accepts: false });
      together.feed(`${opening}${line}\n`);
      for (const server of [apart, together]) {
        expect(server.take()).toContain(
          '{"bye":{"reason":"violation","error":"IPC_INVALID_MESSAGE"}}',
        );
        server.session.accept(welcome, 0);
        server.disconnect();
        expect(server.events).toEqual([]);
        expect(server.end).toMatchObject({ error: { code: "IPC_INVALID_MESSAGE" } });
      }
    },
  );

  it("may say bye, with the hello or behind it", () => {
    const bye = '{"bye":{"reason":"requested"}}\n';
    const apart = deciding();
    apart.feed(bye);
    const together = new Party("server", { accepts: false });
    together.feed(`${opening}${bye}`);
    for (const server of [apart, together]) {
      expect(server.phase).toBe("closing");
      server.disconnect();
      expect(server.end).toMatchObject({ reason: "requested", byPeer: true });
    }
  });

  it("may send no more than a control message", () => {
    const server = deciding();
    server.feed(`["e","${"x".repeat(17_000)}`);
    expect(server.phase).toBe("closing");
  });
});
