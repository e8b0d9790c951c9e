import type { Lifecycle } from "./lifecycle.ts";
import type { SessionParts } from "./session-parts.ts";

/** The parts of a session, for another one that takes over its connection. */
export interface Conversation {
  readonly parts: SessionParts;
  readonly lifecycle: Lifecycle;
  /** How often it went on over another connection. */
  recovered: number;
}

/** How a parked session is to go on. */
export interface Resumption {
  /** The number of messages that the peer has received, on each lane from 0 on. */
  readonly theirs: readonly number[];
  /** The counts that this side has stated. */
  readonly ours: readonly number[];
  /** Server: the line that tells the client. */
  readonly welcome?: string | undefined;
}

/**
 * Let a parked session go on over the connection of one that has just begun, whose part ends with
 * that. Answers false, and changes nothing, if the peer's counts do not fit what was sent, or if it
 * offers less than before.
 */
export function goOn(
  parked: Conversation,
  begun: Conversation,
  { theirs, ours, welcome }: Resumption,
): boolean {
  const { connection } = begun.parts;
  const { outbound, receipts, streams } = parked.parts;
  if (!connection.offersAsMuchAs(parked.parts.connection)) return false;
  if (!outbound.resume(connection.writer, theirs)) return false;
  begun.lifecycle.merge();
  parked.parts.connection = connection;
  connection.messages.redirect(parked.parts);
  outbound.apply(connection);
  streams.setPeerLimit(connection.streams);
  receipts.resume(ours);
  if (welcome !== undefined) outbound.transmission.pushControl(welcome);
  parked.recovered++;
  parked.lifecycle.resume();
  return true;
}
