import { describe, expect, it } from "vitest";
import { PasswordKeys } from "./password-keys.ts";
import type { PasswordKey } from "./password-key.ts";

async function derived(): Promise<PasswordKey> {
  return new PasswordKeys().derive("correct horse", "realm");
}

describe("a key share that was prepared", () => {
  it("serves one handshake, and the next has another", async () => {
    const key = await derived();
    key.prepareKeyShare();
    const shares = [1, 2, 3].map(() => key.createKeyShare().bytes.toString("hex"));
    expect(new Set(shares).size).toBe(3);
  });

  it("agrees as any other", async () => {
    const key = await derived();
    key.prepareKeyShare();
    const [client, server] = [key.createKeyShare(), key.createKeyShare()];
    const prefaces = [Buffer.from("client"), Buffer.from("server")] as const;
    const initiator = client.agree("initiator", {
      ownPreface: prefaces[0],
      peerPreface: prefaces[1],
      peerShare: server.bytes,
    });
    const responder = server.agree("responder", {
      ownPreface: prefaces[1],
      peerPreface: prefaces[0],
      peerShare: client.bytes,
    });
    expect(initiator).toEqual(responder);
  });
});
