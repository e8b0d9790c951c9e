import { channel, subscribe } from "node:diagnostics_channel";
import { isReservedEvent, type Session, isError } from "@ipc/protocol";
import { codeOf, memberOf } from "../errors.ts";

/** The members of every message of the library's diagnostics channels. */
interface Diagnostic {
  /** The endpoint's name as given. */
  readonly endpoint: string;
  readonly role: "client" | "server";
}

/** A message of the diagnostics channel `ipc-eventer:error`: every error, listened to or not. */
export interface ErrorDiagnostic extends Diagnostic {
  readonly error: unknown;
}

/** A message of `ipc-eventer:connection`: a connection was made or accepted, or is over. */
export interface ConnectionDiagnostic extends Diagnostic {
  readonly state: "open" | "closed";
}

/** A message of `ipc-eventer:session`: a session has begun, or is over. */
export interface SessionDiagnostic extends Diagnostic {
  readonly state: "open" | "closed";
  readonly id: string;
  readonly name: string;
  /** The close reason of a session that is over. */
  readonly reason?: string | undefined;
}

/** A message of `ipc-eventer:message`: an event was emitted or received. Its data is left out. */
export interface MessageDiagnostic {
  readonly direction: "inbound" | "outbound";
  readonly event: string;
  /** The client's id. */
  readonly id: string;
}

/** A message of `ipc-eventer:call`: a call was made or received. Its data is left out. */
export interface CallDiagnostic extends MessageDiagnostic {
  readonly call: true;
}

// Publishing is guarded by `hasSubscribers` where it happens, so that nothing is made without a subscriber.
export const errorChannel: Channel<ErrorDiagnostic> = channel("ipc-eventer:error");
export const connectionChannel: Channel<ConnectionDiagnostic> = channel("ipc-eventer:connection");
export const sessionChannel: Channel<SessionDiagnostic> = channel("ipc-eventer:session");
export const messageChannel: Channel<MessageDiagnostic> = channel("ipc-eventer:message");
export const callChannel: Channel<CallDiagnostic> = channel("ipc-eventer:call");

interface Channel<T> {
  readonly hasSubscribers: boolean;
  publish(message: T): void;
}

/** Publish that an event was emitted, if its session takes any. The caller knows that there are subscribers. */
export function publishEvent(session: Session, event: string, id: string): void {
  if (session.takesEvents) messageChannel.publish({ direction: "outbound", event, id });
}

/**
 * Publish that a call is made, if its session takes any and its name is no mistake. The caller knows that there are
 * subscribers.
 */
export function publishCall(session: Session, event: unknown, id: string): void {
  if (!takesCalls(session)) return;
  if (typeof event !== "string" || isReservedEvent(event)) return;
  callChannel.publish({ direction: "outbound", event, id, call: true });
}

// A session that is opening or closing takes events only.
function takesCalls({ phase }: Session): boolean {
  return phase === "open" || phase === "parked";
}

/** The channels that are written to the log of `NODE_DEBUG=ipc-eventer`, payloads never. */
const channels = ["connection", "session", "message", "call", "error"] as const;

let isWritten = false;

/**
 * Writes the messages of the diagnostics channels to stderr, from the first server or client on, if `NODE_DEBUG` names
 * `ipc-eventer`. Costs nothing otherwise.
 */
export function writeDebugLog(): void {
  if (isWritten) return;
  isWritten = true;
  // An import of node:util fetches all that it has to offer, worker threads among it.
  const { debuglog, format } = process.getBuiltinModule("node:util");
  const known = debuglog("ipc-eventer");
  if (!known.enabled && !isAskedOfBun()) return;
  const log = known.enabled
    ? known
    : (...parts: unknown[]) => {
        process.stderr.write(`IPC-EVENTER ${process.pid}: ${format(...parts)}\n`);
      };
  for (const name of channels) {
    subscribe(`ipc-eventer:${name}`, (message) => log("%s %o", name, withoutCause(message)));
  }
}

// The cause and other members of an error are the application's own, and may have data in them.
function withoutCause(message: unknown): unknown {
  if (typeof message !== "object" || message === null || !("error" in message)) return message;
  const { error } = message;
  const text = isError(error) ? memberOf(error, "stack") : typeof error;
  return { ...message, code: codeOf(error), error: text };
}

// Bun has a `debuglog` that never writes.
function isAskedOfBun(): boolean {
  if (process.versions["bun"] === undefined) return false;
  const names = (process.env["NODE_DEBUG"] ?? "").toLowerCase().split(",");
  return names.some((name) => name.trim() === "ipc-eventer" || name.trim() === "*");
}
