import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../src/index.ts";
import type { Party } from "./party.ts";
import { ada, relayPair, relaying } from "./relay-pair.ts";

describe("given a receiver that does not read", () => {
  const half = 8_000;

  /** A server whose client takes nothing, and the answers to so many messages of another client. */
  function flooded(messages: number, size: number): [Party, unknown[]] {
    const limits = { maxQueuedBytes: 2 * half };
    const { server } = relayPair(relaying, { ...relaying, limits });
    server.blocks = true;
    server.session.emit("e", 0);
    server.pump();
    const data = "x".repeat(size);
    const answers = Array.from({ length: messages }, () =>
      server.session.relay.emitFrom(ada, "greet", data),
    );
    server.pump();
    return [server, answers];
  }

  it("refuses what finds half of its queue taken, and does not end its session", () => {
    const [server, answers] = flooded(100, 900);
    const refused = answers.filter((answer) => answer instanceof ProtocolError);
    expect(refused).toHaveLength(100 - 8);
    expect(refused[0]).toMatchObject({ code: "IPC_QUEUE_FULL", context: { limit: half } });
    const call = server.session.relay.invokeFrom(ada, "ask", "x".repeat(900), { event: "ask" }, 0);
    expect(call).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(server.session.phase).toBe("open");
    expect(server.session.emit("own", "x".repeat(900))).toBe(true);
  });

  it("refuses one that is larger than that half", () => {
    const [server, answers] = flooded(1, half);
    expect(answers[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(server.session.phase).toBe("open");
  });
});

describe("given a queue that drops events", () => {
  it.each([
    ["drop-oldest", "client", 0],
    ["drop-oldest", "server", 0],
    ["drop-newest", "client", 0],
    ["drop-oldest", "client", 1],
  ] as const)("tells what it has dropped as the application calls it: %s, %s", (...given) => {
    const [slowConsumer, role, attachments] = given;
    const slow = { ...relaying, slowConsumer, limits: { maxQueuedBytes: 2_000 } };
    const [client, server] = role === "client" ? [slow, relaying] : [relaying, slow];
    const party = relayPair(client, server)[role];
    party.blocks = true;
    party.session.emit("e", 0);
    party.pump();
    const data = attachments > 0 ? Buffer.alloc(300) : "x".repeat(300);
    for (let count = 0; count < 2; count++) {
      if (role === "client") party.session.relay.emitTo("B", "greet", data);
      else party.session.relay.emitFrom(ada, "greet", data);
    }
    for (let count = 0; count < 20; count++) party.session.emit("own", "x".repeat(300));
    if (slowConsumer === "drop-newest") party.session.relay.emitTo("B", "greet", data);
    party.pump();
    const { dropped } = party.session.stats;
    expect(Object.keys(dropped).toSorted()).toEqual(["greet", "own"]);
    expect(dropped["greet"]).toBe(slowConsumer === "drop-newest" ? 1 : 2);
    const report = party.events.findLast(([name]) => name === "ipc:report")?.[1];
    expect(String(report)).toContain(`"greet" queue-full`);
    expect(String(report)).not.toContain("ipc:");
  });
});

describe("what was never sent", () => {
  it("goes on to the next session if that passes messages on, and is reported otherwise", () => {
    for (const [features, reports, text] of [
      [["relay"], [], '["first",0]\n["ipc:to",["B","news",1]]\n["plain",2]\n'],
      [[], ["IPC_RELAY_UNSUPPORTED"], '["first",0]\n["plain",2]\n'],
    ] as const) {
      const { client } = relayPair();
      client.blocks = true;
      client.session.emit("fills", 0);
      client.pump();
      client.session.relay.emitTo("B", "news", 1);
      client.session.emit("plain", 2);
      const next = relayPair(relaying, { features });
      next.client.session.emit("first", 0);
      client.onDelivery = (one): void => {
        const { unsent } = client.session;
        if (one[0] === "closed" && unsent !== undefined) next.client.session.carry(unsent);
      };
      client.disconnect();
      next.client.pump();
      expect(next.client.take()).toBe(text);
      expect(next.client.reports).toEqual(reports);
      expect(client.end?.lost?.unsent).toEqual([
        { event: "news", data: 1, to: "B" },
        { event: "plain", data: 2 },
      ]);
    }
  });

  it("is reported by a server with the client that it was from, and notices are not", () => {
    const { server } = relayPair();
    server.blocks = true;
    server.session.emit("fills", 0);
    server.pump();
    server.session.relay.tellNotRelayed("B", "a", "IPC_RELAY_REFUSED");
    server.session.relay.emitFrom(ada, "news", undefined);
    server.disconnect();
    expect(server.end?.lost?.unsent).toEqual([{ event: "news", data: undefined, from: ada }]);
  });
});
