import { describe, expect, it } from "vitest";
import { RecoveryPair } from "./recovery-pair.ts";

describe("a session that outlives its connection", () => {
  it("goes on where it was cut, in both directions", () => {
    const pair = new RecoveryPair();
    pair.connect();
    pair.client.session?.emit("e", 1);
    pair.server.session?.emit("e", "a");
    pair.settle();
    pair.client.session?.emit("e", 2);
    pair.server.session?.emit("e", "b");
    pair.client.pump();
    pair.server.pump();
    pair.cut();
    pair.client.session?.emit("e", 3);
    pair.server.session?.emit("e", "c");
    expect(pair.client.session?.phase).toBe("parked");
    pair.connect();
    expect(pair.server.events).toEqual([1, 2, 3]);
    expect(pair.client.events).toEqual(["a", "b", "c"]);
    expect(pair.client.seen.map(([kind]) => kind)).toEqual([
      "connected",
      "event",
      "parked",
      "resumed",
      "event",
      "event",
    ]);
  });

  it("ends on both sides when nobody comes back in time", () => {
    const pair = new RecoveryPair();
    pair.connect();
    pair.cut();
    pair.client.session?.emit("e", 1);
    pair.pass(5_000);
    expect(pair.client.ends[0]).toMatchObject({ reason: "lost", byPeer: false });
    expect(pair.client.ends[0]?.lost?.unsent).toEqual([{ event: "e", data: 1 }]);
    expect(pair.server.ends).toHaveLength(1);
  });
});
