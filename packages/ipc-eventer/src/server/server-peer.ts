import type { AnyServerSocket } from "../ipc-server-socket.ts";
import type { Peer } from "../socket/peer.ts";

/** A peer of a server: a client, or a stranger who has not said yet who it is. */
export type ServerPeer = Peer<AnyServerSocket>;
