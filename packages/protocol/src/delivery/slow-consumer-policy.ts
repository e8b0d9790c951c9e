/**
 * What becomes of a peer for which `maxQueuedBytes` wait: it loses its session if it makes no progress,
 * or events for it are dropped, the oldest that wait or the new ones. Calls and replies are never
 * dropped: they fail.
 */
export type SlowConsumerPolicy = "disconnect" | "drop-oldest" | "drop-newest";
