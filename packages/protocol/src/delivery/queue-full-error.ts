import { ProtocolError } from "../error.ts";

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
