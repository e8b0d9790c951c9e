import type { ProtocolError } from "../error.ts";
import type { RemoteError } from "../calls/remote-error.ts";
import type { InboundStream } from "./inbound-stream.ts";
import type { OutboundStream } from "./outbound-stream.ts";
import type { Streamable } from "./streamable.ts";

/** Reads a source that was sent. Called while the session delivers; neither method may throw. */
export interface StreamSource {
  /**
   * The stream wants chunks: answer with `push`, as long as that answers true, or with `end` or `fail` of the
   * stream, now or later.
   */
  pull(): void;
  /** The stream is over before its source is: stop the source. */
  stop(error: ProtocolError): void;
}

/** Reads a stream that has come. Called while the session delivers; may not throw. */
export interface StreamReader {
  /** After `read` has answered nothing: there is a chunk, or the stream is over. */
  wake(): void;
}

/** Turns what applications know as streams into the streams of a session, and back. None may throw. */
export interface StreamCarrier {
  /** A source is sent as this stream: answer what reads it. Nothing of it is read before `pull`. */
  send(source: Streamable, stream: OutboundStream): StreamSource;
  /** A source is not sent after all: close it. */
  discard(source: Streamable, error: ProtocolError): void;
  /** A stream has come: answer what stands for it in the data, after setting its reader. */
  receive(stream: InboundStream): object;
}

/** Why a stream is over before its end: its source failed in the peer's process, or there is no way to its source. */
export type StreamFailure = ProtocolError | RemoteError;
