import { channel } from "node:diagnostics_channel";

/** What the diagnostics channel `ipc-eventer:error` publishes. */
export interface ErrorDiagnostic {
  readonly error: unknown;
  /** The endpoint's name as given. */
  readonly endpoint: string;
  readonly role: "client" | "server";
}

const errors = channel("ipc-eventer:error");

/** Publish an error to whoever observes this process. Free while nobody does. */
export function publishError(diagnostic: ErrorDiagnostic): void {
  if (errors.hasSubscribers) errors.publish(diagnostic);
}
