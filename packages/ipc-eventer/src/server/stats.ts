import type { SessionStats } from "@ipc/protocol";
import type { AnyServerSocket } from "../ipc-server-socket.ts";

/** The sums over the sessions of a server that are not over: what they have done so far, and what they hold. */
export interface ServerStats extends Omit<SessionStats, "roundTrip"> {
  /** Clients with a connection. */
  readonly connected: number;
  /** Sessions that are parked: without a connection. */
  readonly parked: number;
}

/** The figures of these sockets, added up. */
export function sumStats(sockets: Iterable<AnyServerSocket>): ServerStats {
  const sum = {
    connected: 0,
    parked: 0,
    sent: 0,
    received: 0,
    sentBytes: 0,
    receivedBytes: 0,
    queuedBytes: 0,
    unconfirmedBytes: 0,
    pendingCalls: 0,
    recovered: 0,
  };
  const dropped = new Map<string, number>();
  for (const socket of sockets) {
    const stats = socket.stats();
    if (socket.connected) sum.connected++;
    else sum.parked++;
    sum.sent += stats.sent;
    sum.received += stats.received;
    sum.sentBytes += stats.sentBytes;
    sum.receivedBytes += stats.receivedBytes;
    sum.queuedBytes += stats.queuedBytes;
    sum.unconfirmedBytes += stats.unconfirmedBytes;
    sum.pendingCalls += stats.pendingCalls;
    sum.recovered += stats.recovered;
    for (const [event, count] of Object.entries(stats.dropped)) {
      dropped.set(event, (dropped.get(event) ?? 0) + count);
    }
  }
  // An event may be called `__proto__`.
  return { ...sum, dropped: Object.fromEntries(dropped) };
}
