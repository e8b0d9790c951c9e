import type { EncodedCall } from "./encoded-call.ts";
import type { ProtocolError } from "./error.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { Call } from "./outbound-calls.ts";
import type { CallFailure } from "./reply.ts";

/** The calls of a session, as the application uses them. */
export interface Calls {
  /** Calls in either direction without an outcome. */
  readonly pending: number;
  /**
   * Send a call, whose outcome the sink hears with `handleReply`. Answers its id for `cancel`, or
   * the error for which it was not sent: the session is over, the queue is full, or the peer's limits
   * forbid it. A `timeout` in milliseconds of 0 is none. Throws at the caller what
   * `EventEncoder.line` throws.
   */
  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
    lane?: number,
  ): number | ProtocolError;
  /**
   * Send a call that was encoded once for several sessions. Answers as `invoke`. Throws
   * `IPC_MESSAGE_TOO_LARGE` where the digits of the id are too many for this side's limit.
   */
  invokeEncoded(
    encoded: EncodedCall,
    call: Call,
    timeout: number,
    now: number,
    lane?: number,
  ): number | ProtocolError;
  /**
   * Give up a call: its outcome is not delivered. The peer is told, unless the call has not left yet:
   * then it never will. False if its outcome was known already.
   */
  cancel(id: number): boolean;
  /**
   * Answer a call of the peer. Does nothing if the call was cancelled or the session is over. Throws
   * what `EventEncoder.line` throws and what a full queue or the peer's limits forbid: the call is
   * still open then.
   */
  reply(id: number, data: unknown): void;
  /** Answer a call of the peer with what its handler threw. */
  replyError(id: number, error: ErrorRecord): void;
  /** Answer a call of the peer that no handler ran for. */
  refuse(id: number, failure: CallFailure, explanation?: string): void;
}
