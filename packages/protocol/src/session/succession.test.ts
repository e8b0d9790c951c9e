import { describe, expect, it } from "vitest";
import { RecoveryPair } from "../../test/recovery-pair.ts";

function parked(): RecoveryPair {
  const pair = new RecoveryPair();
  pair.connect();
  pair.cut();
  return pair;
}

describe("a session that waits for a connection", () => {
  it("goes on over the connection of the one begun for it, which ends with that", () => {
    const pair = parked();
    const former = pair.client.session;
    pair.dial();
    const begun = pair.client.carried;
    pair.settle();
    expect([former?.phase, begun?.phase]).toEqual(["open", "merged"]);
    expect(pair.client.carried).toBe(former);
  });

  it("says goodbye to the server over it, if the application closes it meanwhile", () => {
    const pair = parked();
    pair.dial();
    pair.client.session?.close("requested", 0);
    pair.settle();
    expect(pair.client.ends[0]).toMatchObject({ reason: "requested", byPeer: false });
    expect(pair.server.ends).toMatchObject([{ reason: "requested", byPeer: true }]);
  });

  it("waits longer than its window for an answer that was asked for", () => {
    const pair = parked();
    const former = pair.client.session;
    pair.pass(4_000);
    pair.client.begin();
    pair.pass(2_000);
    expect(former?.phase).toBe("parked");
    pair.pass(3_000);
    expect(former?.phase).toBe("closed");
  });
});
