import type { Sender } from "@ipc/protocol";
import type { ServerPeer } from "../server/server-peer.ts";

/** Who a client is, as the server knows it and vouches for. */
export function senderOf({ socket }: ServerPeer): Sender {
  return { id: socket?.id ?? "", name: socket?.name ?? "" };
}
