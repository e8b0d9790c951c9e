import { ProtocolError } from "../error.ts";

/**
 * The treatment of a peer for which `maxQueuedBytes` wait: it loses its session if it makes no progress,
 * or events for it are dropped, the oldest that wait or the new ones. Calls and replies are never
 * dropped: they fail.
 */
export type SlowConsumerPolicy = "disconnect" | "drop-oldest" | "drop-newest";

/** The error of a peer that has taken nothing of too much for too long. */
export function stalledError(bytes: number, stalled: number, limit: number): ProtocolError {
  const milliseconds = Math.round(stalled);
  return new ProtocolError(
    "IPC_SLOW_CONSUMER",
    "peer",
    `${bytes} bytes waited for the peer, which took none of them for ${milliseconds} ms: maxQueuedBytes (${limit}) may wait without progress, for stallTimeout at most. Raise maxQueuedBytes, or emit less after emit has answered false, until drain.`,
    { context: { bytes, limit, stalled: milliseconds } },
  );
}

/** The error of a peer that asks on and on, and does not read the answers. */
export function unreadAnswersError(bytes: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_SLOW_CONSUMER",
    "peer",
    `${bytes} bytes waited for the peer, which went on sending calls or pings and took no answers: maxQueuedBytes (${limit}) of these may wait. Raise maxQueuedBytes if the peer reads later.`,
    { context: { bytes, limit } },
  );
}

/** The error of a message that finds the queue full. */
export function queueFullError(
  bytes: number,
  limit: number,
  option: "maxBurstBytes" | "maxQueuedBytes" = "maxQueuedBytes",
): ProtocolError {
  return new ProtocolError(
    "IPC_QUEUE_FULL",
    "caller",
    `${bytes} bytes wait to be sent (${option} is ${limit}): the message was not accepted. Raise ${option}, or send less after emit has answered false, until drain.`,
    { context: { bytes, limit, option } },
  );
}
