import { ProtocolError } from "../error.ts";

/** The error of a message that finds the queue full. */
export function queueFullError(bytes: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_QUEUE_FULL",
    "caller",
    `${bytes} bytes wait to be sent (maxQueuedBytes is ${limit}): the message was not accepted. Heed emit's answer false and the event drain.`,
    { context: { bytes, limit } },
  );
}
