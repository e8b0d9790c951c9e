import { isReservedEvent, type Session } from "@ipc/protocol";
import { callChannel, messageChannel } from "./diagnostics.ts";

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
