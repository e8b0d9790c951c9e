/**
 * What becomes of a peer that leaves `maxQueuedBytes` unread: it loses its session, or events for it
 * are dropped, the oldest that wait or the new ones. Calls and replies are never dropped: they fail.
 */
export type SlowConsumerPolicy = "disconnect" | "drop-oldest" | "drop-newest";
