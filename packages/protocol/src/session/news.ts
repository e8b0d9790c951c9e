import type { ProtocolError } from "../error.ts";
import type { Call } from "../calls/outbound-calls.ts";
import type { Reply } from "../calls/reply.ts";
import type { SessionEnd } from "./session-end.ts";
import type { SessionSink } from "../session-sink.ts";
import type { InboundStream } from "../streams/inbound-stream.ts";
import type { StreamReader, StreamSource } from "../streams/stream-carrier.ts";

/** A delivery that is no plain event: of a call, of the connection, or of something that this side waits for. */
export type News =
  | {
      readonly type: "call";
      readonly id: number;
      readonly event: string;
      readonly data: unknown;
      readonly streams: readonly InboundStream[] | undefined;
    }
  | {
      readonly type: "event";
      readonly event: string;
      readonly data: unknown;
      readonly streams: readonly InboundStream[];
    }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "outcome"; readonly call: Call; readonly reply: Reply }
  | { readonly type: "flushed"; readonly mark: object; readonly error?: ProtocolError }
  | { readonly type: "parked"; readonly end: SessionEnd }
  | { readonly type: "resumed" }
  | { readonly type: "leave"; readonly within: number }
  | { readonly type: "wake"; readonly reader: StreamReader }
  | { readonly type: "pull"; readonly source: StreamSource }
  | { readonly type: "stop"; readonly source: StreamSource; readonly error: ProtocolError };

/** Hand one of the news to whom it concerns. */
export function deliverNews(one: News | undefined, sink: SessionSink): void {
  switch (one?.type) {
    case "call":
      sink.handleCall(one.id, one.event, one.data, one.streams);
      break;
    case "event":
      sink.handleEvent(one.event, one.data, one.streams);
      break;
    case "cancel":
      sink.handleCancel(one.id);
      break;
    case "outcome":
      sink.handleReply(one.call, one.reply);
      break;
    case "flushed":
      sink.handleFlushed?.(one.mark, one.error);
      break;
    case "parked":
      sink.handleParked?.(one.end);
      break;
    case "resumed":
      sink.handleResumed?.();
      break;
    case "leave":
      sink.handleLeave?.(one.within);
      break;
    case "wake":
      one.reader.wake();
      break;
    case "pull":
      one.source.pull();
      break;
    case "stop":
      one.source.stop(one.error);
      break;
    case undefined:
      break;
  }
}

/** Tell what the peer has said from what this side waits for. */
export function isOfPeer({ type }: News): boolean {
  return type === "call" || type === "cancel" || type === "event";
}
