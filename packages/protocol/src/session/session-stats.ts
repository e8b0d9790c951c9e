import type { SessionParts } from "./session-parts.ts";

/** The figures of a session: counted since it began, over all its connections, and of what it holds now. */
export interface SessionStats {
  /** Events, calls, replies and cancellations sent, each counted once. */
  readonly sent: number;
  /** The same of the peer, as far as they have come. */
  readonly received: number;
  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  readonly sentBytes: number;
  /** Bytes read. */
  readonly receivedBytes: number;
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;
  /** Bytes sent that the peer has not acknowledged. */
  readonly unconfirmedBytes: number;
  /** Calls in either direction without an outcome. */
  readonly pendingCalls: number;
  /** Events that were dropped before they were sent, by name, those included that a newer one has replaced. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Milliseconds between the last ping and its answer; `undefined` before the first. */
  readonly roundTrip: number | undefined;
  /** How often the session went on over another connection. */
  readonly recovered: number;
}

/** The present figures of a session. */
export function readStats(
  { connection, exchange, outbound, receipts }: SessionParts,
  receivedBytes: number,
  recovered: number,
): SessionStats {
  return {
    sent: outbound.written,
    received: receipts.total,
    sentBytes: outbound.writtenBytes,
    receivedBytes,
    queuedBytes: outbound.queuedBytes,
    unconfirmedBytes: outbound.unconfirmedBytes,
    pendingCalls: exchange.pending,
    dropped: outbound.dropped,
    roundTrip: connection.clock.roundTrip,
    recovered,
  };
}
