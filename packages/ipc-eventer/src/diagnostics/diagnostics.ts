import { channel } from "node:diagnostics_channel";

/** What every message of the library's diagnostics channels says. */
interface Diagnostic {
  /** The endpoint's name as given. */
  readonly endpoint: string;
  readonly role: "client" | "server";
}

/** What the diagnostics channel `ipc-eventer:error` publishes: every error, listened to or not. */
export interface ErrorDiagnostic extends Diagnostic {
  readonly error: unknown;
}

/** What `ipc-eventer:connection` publishes: a connection was made or accepted, or is over. */
export interface ConnectionDiagnostic extends Diagnostic {
  readonly state: "open" | "closed";
}

/** What `ipc-eventer:session` publishes: a session has begun, or is over. */
export interface SessionDiagnostic extends Diagnostic {
  readonly state: "open" | "closed";
  readonly id: string;
  readonly name: string;
  /** The close reason of a session that is over. */
  readonly reason?: string | undefined;
}

/** What `ipc-eventer:message` publishes: an event was emitted or has come. Its data is not told. */
export interface MessageDiagnostic {
  readonly direction: "inbound" | "outbound";
  readonly event: string;
  /** The client's id. */
  readonly id: string;
}

/** What `ipc-eventer:call` publishes: a call was made or has come. Its data is not told. */
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
