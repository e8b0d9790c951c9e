import type { SessionEnd } from "./session-end.ts";

/**
 * Where a session stands. A client goes preface, welcome, open; a server goes preface, hello,
 * accepting, open. Each may go to closing or closed from anywhere; an open session that can be
 * recovered is parked when its connection is gone.
 */
export type SessionState =
  /** The peer's first line is awaited. */
  | { readonly phase: "preface" }
  /** Server: the client's hello is awaited. */
  | { readonly phase: "hello" }
  /** Server: the hello has come, and the application's `accept` is awaited. */
  | { readonly phase: "accepting" }
  /** Client: the hello has left, and the server's welcome is awaited. */
  | { readonly phase: "welcome" }
  /** Events go both ways. */
  | { readonly phase: "open" }
  /** There is no connection; another one may take the session up until the deadline. */
  | { readonly phase: "parked"; readonly end: SessionEnd; readonly deadline: number }
  /** The connection has gone over to the session that it takes up; this one was its beginning. */
  | { readonly phase: "merged" }
  /** The last bytes leave; the peer's end of stream or the deadline is awaited. */
  | { readonly phase: "closing"; readonly end: SessionEnd; readonly deadline: number }
  /** Nothing more comes or goes. */
  | { readonly phase: "closed"; readonly end: SessionEnd };

/** The name of a state. */
export type Phase = SessionState["phase"];

const transitions: Readonly<Record<Phase, readonly Phase[]>> = {
  preface: ["hello", "welcome", "closing", "closed"],
  hello: ["accepting", "closing", "closed"],
  accepting: ["open", "merged", "closing", "closed"],
  welcome: ["open", "merged", "closing", "closed"],
  open: ["parked", "closing", "closed"],
  parked: ["open", "closed"],
  merged: [],
  closing: ["closed"],
  closed: [],
};

/** The next state, if the table allows it. Throws on a transition that would be a mistake of this package. */
export function transition(from: SessionState, to: SessionState): SessionState {
  if (!transitions[from.phase].includes(to.phase)) {
    throw new Error(`A session cannot go from ${from.phase} to ${to.phase}.`);
  }
  return to;
}
