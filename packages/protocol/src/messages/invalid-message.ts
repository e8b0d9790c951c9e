import { ProtocolError } from "../error.ts";

/** The violation of sending something that the protocol has no place for. */
export function invalidMessage(what: string): ProtocolError {
  return new ProtocolError("IPC_INVALID_MESSAGE", "peer", `The peer sent ${what}.`);
}
