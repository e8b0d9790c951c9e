import type { AnyServerSocket } from "../ipc-server-socket.ts";
import type { Peer } from "../socket/peer.ts";

/** A peer of a server: a client, or a connection whose hello has not come yet. */
export type ServerPeer = Peer<AnyServerSocket>;
