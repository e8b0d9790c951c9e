import type { Sender } from "@ipc/protocol";
import type { ServerPeer } from "../server/server-peer.ts";

/** The identity of a client, as the server knows it and vouches for. */
export function senderOf({ socket }: ServerPeer): Sender {
  return { id: socket?.id ?? "", name: socket?.name ?? "" };
}
