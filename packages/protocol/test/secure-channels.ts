import { Initiator, type RekeyPolicy, Responder, type SecureChannel } from "@ipc/crypto";
import { keyOf } from "./secure-pair.ts";

/** The two ends of one finished handshake. */
export async function secureChannels(
  rekey: RekeyPolicy = {},
): Promise<{ readonly client: SecureChannel; readonly server: SecureChannel }> {
  const key = await keyOf();
  const initiator = new Initiator(key, rekey);
  const responder = new Responder(key, rekey);
  const [clientPreface, serverPreface] = [Buffer.from("client"), Buffer.from("server")];
  const { flight, next } = responder.handleClientPreface({
    ownPreface: serverPreface,
    peerPreface: clientPreface,
    peerShare: initiator.share,
  });
  const client = initiator
    .handleServerPreface({
      ownPreface: clientPreface,
      peerPreface: serverPreface,
      peerShare: responder.share,
    })
    .handleServerFinished(flight.subarray(4));
  return { client, server: next.handleClientFinished(client.flight.subarray(4)) };
}
