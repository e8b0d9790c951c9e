import { ProtocolError } from "../error.ts";

/** The violation of sending data that is not written as its serialization wants it. */
export function notDecodable(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_MESSAGE",
    "peer",
    `The peer sent data that cannot be decoded, ${what}: its implementation is wrong.`,
    { cause },
  );
}
