import { describe, expect, it } from "vitest";
import { RecoveryPair } from "./recovery-pair.ts";

function connected(): RecoveryPair {
  const pair = new RecoveryPair();
  pair.connect();
  return pair;
}

describe("a server that asks its client to come back", () => {
  it("is left when all that was sent is acknowledged, and what waits goes to the next session", () => {
    const pair = connected();
    pair.client.session?.emit("e", 1);
    pair.server.session?.askToLeave(1_000);
    pair.client.onSeen = ([kind]) => {
      if (kind === "leave") pair.client.session?.emit("e", "for the next");
    };
    pair.settle();
    pair.pass(200);
    expect(pair.client.seen).toContainEqual(["leave", 1_000]);
    expect(pair.server.events).toEqual([1]);
    expect(pair.client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
    expect(pair.client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: "for the next" }]);
    pair.connect();
    expect(pair.server.events).toEqual([1, "for the next"]);
  });

  it("is left in any case when its time is over", () => {
    const pair = connected();
    pair.server.answer = () => undefined;
    pair.client.session?.calls.invoke("never", 1, { event: "never" }, 0, 0);
    pair.server.session?.askToLeave(1_000);
    pair.settle();
    pair.pass(999);
    expect(pair.client.session?.phase).toBe("open");
    pair.pass(1);
    expect(pair.client.session?.phase).toBe("closed");
  });

  it("lets a session that is cut meanwhile go on as before", () => {
    const pair = connected();
    pair.client.session?.leave(1_000, 0);
    pair.client.session?.emit("e", 1);
    pair.cut();
    pair.connect();
    expect(pair.server.events).toEqual([1]);
    pair.pass(2_000);
    expect(pair.client.session?.phase).toBe("open");
  });

  it("gets what was held when the application closes", () => {
    const pair = connected();
    pair.client.session?.leave(1_000, 0);
    pair.client.session?.emit("e", 1);
    pair.client.session?.close({ reason: "requested" }, 0);
    pair.settle();
    expect(pair.server.events).toEqual([1]);
  });

  it("is not left before what has come is heard, though a listener of it writes", () => {
    const pair = connected();
    const { client, server } = pair;
    for (const data of [1, 2, 3]) server.session?.emit("e", data);
    client.onSeen = ([kind]) => {
      if (kind !== "event") return;
      client.session?.leave(1_000, 0, false);
      client.session?.writeOut(client);
    };
    pair.settle();
    expect(client.events).toEqual([1, 2, 3]);
    expect(client.ends[0]).toMatchObject({ reason: "server-closing", byPeer: false });
  });
});

describe("a volatile event while its side leaves", () => {
  it("is dropped, for it cannot leave now", () => {
    const { client } = connected();
    client.session?.leave(1_000, 0);
    expect(client.session?.emitWith("e", 1, { volatile: true }, 0)).toBe(false);
    client.pump();
    expect(client.dropped).toBe(1);
  });
});
