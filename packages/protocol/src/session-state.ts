import { type Blame, invalidMessage, ProtocolError } from "./error.ts";
import { isError } from "./realms.ts";
import type { Lost } from "./outbox/undelivered.ts";
import {
  type Bye,
  byeCode,
  type CloseReason,
  errorOfBye,
  reasonOfCode,
  type Refusal,
} from "./wire/bye.ts";
import type { Control } from "./wire/control.ts";

/**
 * The state of a session. It begins when the handshake is over: a client's is open then, a server's when the
 * application accepts. Each may go to closing or closed from anywhere; an open session that can be recovered is
 * parked when its connection is gone.
 */
export type SessionState =
  /** Server: the hello has come, and the application's `accept` is awaited. */
  | { readonly phase: "accepting" }
  /** Events go both ways. */
  | { readonly phase: "open" }
  /** There is no connection; another one may resume the session until the deadline. */
  | { readonly phase: "parked"; readonly end: SessionEnd; readonly deadline: number }
  /** The last bytes leave; the peer's end of stream or the deadline is awaited. */
  | { readonly phase: "closing"; readonly end: SessionEnd; readonly deadline: number }
  /** Nothing more comes or goes. */
  | { readonly phase: "closed"; readonly end: SessionEnd };

/** The name of a state. */
export type Phase = SessionState["phase"];

const transitions: Readonly<Record<Phase, readonly Phase[]>> = {
  accepting: ["open", "closing", "closed"],
  open: ["parked", "closing", "closed"],
  parked: ["open", "closed"],
  closing: ["closed"],
  closed: [],
};

/** The phases of this side in which the peer may send each message. */
const places: Readonly<Record<Control["type"], readonly Phase[]>> = {
  ping: ["open"],
  pong: ["open"],
  reply: ["open"],
  cancel: ["open"],
  ack: ["open", "closing"],
  leave: ["open"],
  stream: ["open"],
  bye: ["accepting", "open", "closing"],
};

/** The next state, if the table allows it. Throws on a transition that would be a mistake of this package. */
export function transition(from: SessionState, to: SessionState): SessionState {
  if (!transitions[from.phase].includes(to.phase)) {
    throw new Error(`A session cannot go from ${from.phase} to ${to.phase}.`);
  }
  return to;
}

/** Throws `IPC_INVALID_MESSAGE` for a control message that has no place in a phase. */
export function checkPlace(type: Control["type"], phase: Phase): void {
  if (!places[type].includes(phase))
    throw invalidMessage(`a ${type}, which has no place in the phase ${phase}`);
}

/** The end of a session, and its reason. */
export interface SessionEnd {
  readonly reason: CloseReason;
  /** The error over which it ended, if there was one. */
  readonly error?: Error | undefined;
  /** The message for people of the side that ended it. */
  readonly message?: string | undefined;
  /** The words for the program of this client, from a server that refused it. */
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

/** The end over a bye of the peer. */
export function endByPeer({ reason, error, message, refusal }: Bye): SessionEnd {
  if (error !== undefined) return { reason, error: errorOfBye(error), message, byPeer: true };
  const end = { reason, message, byPeer: true };
  return refusal === undefined ? end : { ...end, refusal };
}

/** The end over an error of which the peer is told by its code. */
export function endOver(error: Error): SessionEnd {
  return { reason: reasonOfCode(byeCode(error)), error, byPeer: false };
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

/** The error of a flush that the end of the session has cut short. */
export function notFlushed(end: SessionEnd): ProtocolError {
  const blame = blameFor(end);
  const ended = blame === "caller" ? "This side closed the session" : "The session ended";
  return new ProtocolError(
    "IPC_SESSION_LOST",
    blame,
    `${ended} before the peer had acknowledged everything.`,
    { cause: end.error },
  );
}

/** Tell whether the error is of a record that was changed on its way, or is none. */
export function isDamagedRecord(error: unknown): error is Error {
  if (!isError(error) || !("code" in error)) return false;
  return typeof error.code === "string" && error.code.startsWith("IPC_RECORD_");
}
