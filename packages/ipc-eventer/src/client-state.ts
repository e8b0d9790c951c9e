import type { AnySocket } from "./ipc-socket.ts";
import type { Peer } from "./peer.ts";

/** Where a client's connection stands. */
export type ClientState =
  | { readonly phase: "idle" }
  /** A connection is being opened. */
  | { readonly phase: "dialing"; readonly giveUp: AbortController }
  /** The handshake is under way. */
  | { readonly phase: "opening"; readonly peer: Peer<AnySocket> }
  /** It carries the session. */
  | { readonly phase: "open"; readonly peer: Peer<AnySocket> }
  /** The time of the next attempt is awaited. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  /** Goodbye was said; the end of the connection is awaited. */
  | { readonly phase: "closing"; readonly peer: Peer<AnySocket> };
