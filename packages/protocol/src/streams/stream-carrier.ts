import type { ProtocolError } from "../error.ts";
import type { InboundStream } from "./inbound-stream.ts";
import type { OutboundStream, StreamSource } from "./outbound-stream.ts";
import type { Streamable } from "./streamable.ts";

/** Turns what applications know as streams into the streams of a session, and back. None may throw. */
export interface StreamCarrier {
  /** A source is sent as this stream: answer what reads it. Nothing of it is read before `pull`. */
  send(source: Streamable, stream: OutboundStream): StreamSource;
  /** A source is not sent after all: close it. */
  discard(source: Streamable, error: ProtocolError): void;
  /** A stream has come: answer what stands for it in the data, after setting its reader. */
  receive(stream: InboundStream): object;
}
