import { type Blame, ProtocolError } from "../error.ts";
import type { RemoteError } from "../calls/remote-error.ts";

/** The error of a stream whose session ended before it did; `blame` is the side that ended it. */
export function streamLost(cause: Error | undefined, blame: Blame): ProtocolError {
  const ended = blame === "caller" ? "This side closed the session" : "The session ended";
  const text = `${ended} before the stream had ended.`;
  return new ProtocolError("IPC_STREAM_LOST", blame, text, { cause });
}

/** The error of a stream whose message never left. */
export function streamNeverSent(cause?: Error): ProtocolError {
  const text = "The message with the stream was not sent, so nothing of the stream was either.";
  return new ProtocolError("IPC_STREAM_LOST", "caller", text, { cause });
}

/** The error of a source whose reader wants no more. */
export function streamCancelled(cause: RemoteError | undefined): ProtocolError {
  const text = "The peer does not read the stream to its end: its reader has stopped.";
  return new ProtocolError("IPC_STREAM_CANCELLED", "peer", text, { cause });
}

/** The error of streams for a peer that does not know them. */
export function streamsUnsupported(): ProtocolError {
  const text =
    "The peer takes no streams: it has another version of ipc-eventer, or another implementation.";
  return new ProtocolError("IPC_STREAMS_UNSUPPORTED", "peer", text);
}

/** The error of a stream too many. */
export function tooManyStreams(limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_STREAMS",
    "peer",
    `The peer takes ${limit} streams at once (its maxStreams), and no more are free: wait for some to end.`,
    { context: { limit } },
  );
}
