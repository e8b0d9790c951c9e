import type { CloseReason } from "../close-reason.ts";
import type { Control, Refusal } from "../messages/control.ts";
import type { Lost } from "../outbox/undelivered.ts";
import { type Blame, ProtocolError } from "../error.ts";
import { reasonOfCode, refusalCode, refusalError } from "../opening/refusal.ts";

/** How a session ended. */
export interface SessionEnd {
  readonly reason: CloseReason;
  /** The error over which it ended, if there was one. */
  readonly error?: Error | undefined;
  /** The message for people of the side that ended it. */
  readonly message?: string | undefined;
  /** The words for this program of a server that turned it away. */
  readonly refusal?: Refusal | undefined;
  /** True if the peer announced the end, false if this side decided it or the connection broke. */
  readonly byPeer: boolean;
  /** The events that this side emitted and the peer did not acknowledge; absent if there are none. */
  readonly lost?: Lost | undefined;
}

/** The side that ended a session: this one if it closed it and nothing was wrong. */
export function blameFor({ byPeer, error }: SessionEnd): Blame {
  return byPeer || error !== undefined ? "peer" : "caller";
}

/** The end over a bye of the peer, or over the error with which it gives up. */
export function endByPeer(control: Extract<Control, { type: "bye" | "error" }>): SessionEnd {
  if (control.type === "bye") {
    const { reason, message, refusal } = control;
    const end = { reason, message, byPeer: true };
    return refusal === undefined ? end : { ...end, refusal };
  }
  const { code } = control;
  return { reason: reasonOfCode(code), error: refusalError(code), byPeer: true };
}

/** The end over an error of which the peer is told by its code. */
export function endOver(error: Error): SessionEnd {
  return { reason: reasonOfCode(refusalCode(error)), error, byPeer: false };
}

/** The end over a connection that ended without a bye. */
export function endByLoss(wasOpen: boolean, cause: Error | undefined): SessionEnd {
  const text = wasOpen
    ? "The connection ended without a goodbye of the peer: its process has ended."
    : "The connection ended before the session was open: the peer has ended, or has no file descriptor left for it. Look at the peer's own log.";
  const error = new ProtocolError("IPC_PEER_GONE", "peer", text, { cause });
  return { reason: "peer-gone", error, byPeer: false };
}

/** The end of a session that no connection has taken up, or that could not go on. */
export function endByTime(cause: Error | undefined, text: string): SessionEnd {
  const error = new ProtocolError("IPC_SESSION_LOST", "peer", text, { cause });
  return { reason: "lost", error, byPeer: false };
}
