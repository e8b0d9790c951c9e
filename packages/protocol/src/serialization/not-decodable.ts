import { ProtocolError } from "../error.ts";

/** The violation of sending data that is not written as its serialization wants it. */
export function notDecodable(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_MESSAGE",
    "peer",
    `The peer sent data that cannot be decoded, ${what}. Use the same version of ipc-eventer, or of the codec, on both sides.`,
    { cause },
  );
}

/**
 * The error of data that is written as it should be, and that this side cannot read all the same: its codec throws, or
 * its runtime does not know a regular expression. It costs the event, call, reply or stream, and not the session.
 */
export function notReadable(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_DECODABLE",
    "peer",
    `The peer sent data that this side cannot decode: ${what}. Give both sides the same version of the codec, or of Node.js.`,
    { cause },
  );
}

/** Answers the error of data that cannot be read; throws any other. */
export function asNotReadable(error: unknown): ProtocolError {
  if (error instanceof ProtocolError && error.code === "IPC_NOT_DECODABLE") return error;
  throw error;
}
