import type { Control } from "./control.ts";
import type { Receipts } from "./delivery/receipts.ts";
import type { Inbox } from "./inbox.ts";
import type { InboundStream } from "./streams/inbound-stream.ts";
import type { Streams } from "./streams/streams.ts";

/** What calls and control messages are handed to. */
export interface MessageListener {
  /** A call has come. */
  handleCall(
    id: number,
    event: string,
    data: unknown,
    lane: number,
    streams: readonly InboundStream[] | undefined,
  ): void;
  /** A control message has come. False stops reading. */
  handleControl(
    control: Control,
    lane: number,
    streams: readonly InboundStream[] | undefined,
  ): boolean;
}

/** The session for which messages are read. */
export interface Recipient {
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly streams: Streams;
  readonly listener: MessageListener;
}
