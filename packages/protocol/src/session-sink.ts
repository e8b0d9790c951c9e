import type { Hello, Welcome } from "./hello.ts";
import type { SessionEnd } from "./session-end.ts";

/** What a session hands its results to when the driver calls `deliver`, in this order. None may throw. */
export interface SessionSink {
  /** Server: a client has said who it is. Answer with `accept` or `close`, now or later. */
  handleHello(hello: Hello): void;
  /** Client: the server has accepted. */
  handleWelcome(welcome: Welcome): void;
  /**
   * An event of the peer. Under names that a peer cannot use, the session itself raises
   * - `drain`: after `emit` answered false, everything queued has left;
   * - `user-pong` with `{ time }`: the peer answered a `ping`;
   * - `ipc:report` with a `ProtocolError`: something was dropped that harms nothing else.
   */
  handleEvent(event: string, data: unknown): void;
  /** The session is over. Nothing follows. */
  handleClosed(end: SessionEnd): void;
}
