import { channel } from "node:diagnostics_channel";
import { isReservedEvent, type Session } from "@ipc/protocol";

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

/** A message of `ipc-eventer:message`: an event was emitted or has come. Its data is not told. */
export interface MessageDiagnostic {
  readonly direction: "inbound" | "outbound";
  readonly event: string;
  /** The client's id. */
  readonly id: string;
}

/** A message of `ipc-eventer:call`: a call was made or has come. Its data is not told. */
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

/** Publish that a call is made, if its session takes any and its name is no mistake. */
export function publishCall(session: Session, event: unknown, id: string): void {
  if (!callChannel.hasSubscribers || !takesCalls(session)) return;
  if (typeof event !== "string" || isReservedEvent(event)) return;
  callChannel.publish({ direction: "outbound", event, id, call: true });
}

// One that is not open yet, or behind a goodbye, takes events alone.
function takesCalls({ phase }: Session): boolean {
  return phase === "open" || phase === "parked";
}
