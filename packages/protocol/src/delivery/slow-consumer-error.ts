import { ProtocolError } from "../error.ts";

/** The error of a peer that leaves more unread than the bound allows. */
export function slowConsumerError(bytes: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_SLOW_CONSUMER",
    "peer",
    `The peer reads too slowly: ${bytes} bytes wait for it (maxQueuedBytes is ${limit}). Heed emit's answer false and the event drain.`,
    { context: { bytes, limit } },
  );
}
