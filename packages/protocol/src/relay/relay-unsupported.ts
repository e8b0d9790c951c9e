import { ProtocolError } from "../error.ts";

/** The error of a message for another client, or of one, that a peer does not understand. */
export function relayUnsupported(): ProtocolError {
  return new ProtocolError(
    "IPC_RELAY_UNSUPPORTED",
    "peer",
    "The peer knows no messages from one client to another: it is of another version or implementation.",
  );
}
