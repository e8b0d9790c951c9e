import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { keyOf, knownSecurity } from "../../test/secure-pair.ts";
import { secureHandshake } from "./secure-handshake.ts";

const [clientPreface, serverPreface] = [Buffer.from("client\n"), Buffer.from("server\n")];

async function bothSides(serverPassword?: string): Promise<{
  readonly client: ReturnType<typeof secureHandshake>;
  readonly server: ReturnType<typeof secureHandshake>;
  readonly serverBody: Buffer;
}> {
  const client = secureHandshake("client", knownSecurity("client", await keyOf()));
  const server = secureHandshake("server", knownSecurity("server", await keyOf(serverPassword)));
  const { flight } = server.handlePreface({
    ownPreface: serverPreface,
    peerPreface: clientPreface,
    peerShare: client.share,
  });
  const said = client.handlePreface({
    ownPreface: clientPreface,
    peerPreface: serverPreface,
    peerShare: server.share,
  });
  expect(said).toEqual({});
  return { client, server, serverBody: Buffer.from(flight ?? []).subarray(4) };
}

describe("secureHandshake", () => {
  it("gives both sides the two halves of one channel", async () => {
    const { client, server, serverBody } = await bothSides();
    const { flight, channel: ofClient } = client.handleFinished(serverBody);
    const { channel: ofServer, flight: none } = server.handleFinished(
      Buffer.from(flight ?? []).subarray(4),
    );
    expect(none).toBeUndefined();
    const [record] = ofServer?.sealer.seal(["hello"]) ?? [];
    expect(ofClient?.opener.open(Buffer.from(record ?? []).subarray(4)).toString()).toBe("hello");
  });

  it("fails at the client, before it has said anything, when the passwords differ", async () => {
    const { client, serverBody } = await bothSides("another");
    expect(() => client.handleFinished(serverBody)).toThrowError(
      expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
    );
  });

  it("fails at the server for a client that only sends back what it was sent", async () => {
    const { server, serverBody } = await bothSides();
    expect(() => server.handleFinished(serverBody)).toThrowError(
      expect.objectContaining({ code: "IPC_AUTHENTICATION_FAILED" }),
    );
  });
});
