import { ProtocolError, quoted } from "../error.ts";

/**
 * Names that the library itself emits on its objects. A peer cannot raise them: the set is frozen
 * with wire version 1, later lifecycle events begin with `ipc:`.
 */
const reservedEvents: ReadonlySet<string> = new Set([
  "connect",
  "connected",
  "disconnect",
  "disconnected",
  "drain",
  "encryption:error",
  "error",
  "kicked",
  "listening",
  "lost",
  "newListener",
  "removeListener",
  "user-pong",
]);

/** The name under which a session delivers an error that ends nothing but is worth a report. */
export const reportEvent = "ipc:report";

/** Characters of a peer's event name that the context of an error has. */
const repeatedLength = 64;

/** Tell whether an event name is closed to remote peers. */
export function isReservedEvent(event: string): boolean {
  return reservedEvents.has(event) || event.startsWith("ipc:");
}

/** Throws `IPC_RESERVED_EVENT` for a name that only the library emits, `IPC_NOT_ENCODABLE` for no string. */
export function assertEventName(event: unknown): asserts event is string {
  if (typeof event !== "string") {
    throw new ProtocolError(
      "IPC_NOT_ENCODABLE",
      "caller",
      `The name of an event is a string, not ${typeof event}.`,
    );
  }
  if (isReservedEvent(event)) {
    throw new ProtocolError(
      "IPC_RESERVED_EVENT",
      "caller",
      `${quoted(event)} is a lifecycle event of the library and cannot be emitted to a peer; choose another name.`,
      { context: { event } },
    );
  }
}

/** The report of an event that was dropped, because its name is closed to peers. */
export function reservedByPeer(event: string): ProtocolError {
  return new ProtocolError(
    "IPC_RESERVED_EVENT",
    "peer",
    `The peer sent an event named ${quoted(event)}, which only the library itself may raise; it was dropped.`,
    { context: { event: event.slice(0, repeatedLength) } },
  );
}
