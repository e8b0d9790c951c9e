import type { Receipts } from "../delivery/receipts.ts";
import type { Dialogue } from "../session/dialogue.ts";
import type { Exchange } from "../calls/exchange.ts";
import type { Inbox } from "../session/inbox.ts";
import type { Streams } from "../streams/streams.ts";

/** The session for which messages are read. */
export interface Recipient {
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly streams: Streams;
  /** Hears of calls. */
  readonly exchange: Pick<Exchange, "handleCall" | "handleUnreadable">;
  /** Hears of control messages. */
  readonly dialogue: Pick<Dialogue, "handleControl">;
}
