import type { ProtocolError } from "./error.ts";
import type { Hello, Welcome } from "./messages/hello.ts";
import type { Call } from "./calls/outbound-calls.ts";
import type { Reply } from "./calls/reply.ts";
import type { SessionEnd } from "./session/session-end.ts";
import type { InboundStream } from "./streams/inbound-stream.ts";

/** Receives the results of a session when the driver calls `deliver`, in this order. No method may throw. */
export interface SessionSink {
  /** Server: the hello of a client has come. Answer with `accept` or `close`, now or later. */
  handleHello(hello: Hello): void;
  /** Client: the server has accepted. */
  handleWelcome(welcome: Welcome): void;
  /**
   * An event of the peer. The streams in its data are given beside it: a sink that drops the event cancels
   * them. Under names that a peer cannot use, the session itself raises
   * - `drain`: after `emit` answered false, everything queued has left;
   * - `user-pong` with `{ time }`: the peer answered a `ping`;
   * - `ipc:report` with a `ProtocolError`: something was dropped that harms nothing else.
   */
  handleEvent(event: string, data: unknown, streams?: readonly InboundStream[]): void;
  /** A call of the peer. Answer with `reply`, `replyError` or `refuse` of `calls`, now or later. */
  handleCall(id: number, event: string, data: unknown, streams?: readonly InboundStream[]): void;
  /** The peer waits no more for the reply to this call. */
  handleCancel(id: number): void;
  /** The outcome of a call of this side: each call that was sent has exactly one, unless cancelled. */
  handleReply(call: Call, reply: Reply): void;
  /** Everything that was emitted before a `flush` was heard by the peer, or never will be. */
  handleFlushed?(mark: object, error: ProtocolError | undefined): void;
  /** The connection is gone, and the session waits for another one. */
  handleParked?(end: SessionEnd): void;
  /** The session goes on over another connection. */
  handleResumed?(): void;
  /** Client: the server asks to finish within so many milliseconds, and to come back. */
  handleLeave?(within: number): void;
  /** The session is over. Nothing follows. */
  handleClosed(end: SessionEnd): void;
}
