import type { Hello, SessionEnd, Welcome } from "@ipc/protocol";
import type { CallsOwner } from "../calls/inbound-calls.ts";
import type { AnySocket } from "../ipc-socket.ts";
import type { Peer } from "./peer.ts";

/** The part of a server or client that its peers call. */
export interface PeerOwner<S extends AnySocket> extends CallsOwner<S> {
  /** A peer's connection was made or accepted, or is over. */
  tellConnection(state: "open" | "closed"): void;
  /** Server: the hello of the client has come. */
  handleHello?(peer: Peer<S>, hello: Hello): void;
  /** Client: the server has accepted. */
  handleWelcome?(peer: Peer<S>, welcome: Welcome): void;
  /** The peer's socket has heard an event, which surfaces on the owner too. */
  handleEvent(event: string, data: unknown, socket: S): void;
  /** The peer has answered a `userPing`. */
  handlePong(pong: unknown, socket: S): void;
  /** Tell whether an event of every peer has a listener. */
  hears(event: string): boolean;
  /** The connection is gone, and the session waits for another one. */
  handleParked(peer: Peer<S>, end: SessionEnd): void;
  /** The session goes on over another connection. */
  handleResumed(peer: Peer<S>): void;
  /** Client: the server asks to finish within so many milliseconds, and to come back. */
  handleLeave?(peer: Peer<S>, within: number): void;
  /** The session is over. */
  handleClosed(peer: Peer<S>, end: SessionEnd): void;
}
