import { ConnectionParts } from "./connection-parts.ts";
import { Outbound } from "../delivery/outbound.ts";
import { Receipts } from "../delivery/receipts.ts";
import type { EventEncoder } from "../messages/event-encoder.ts";
import { Exchange } from "../calls/exchange.ts";
import { Inbox } from "./inbox.ts";
import type { Recipient } from "../messages/recipient.ts";
import type { SessionOptions } from "../session-options.ts";
import { Streams } from "../streams/streams.ts";

/** The machines of a session: those that last as long as it does, and those of its present connection. */
export class SessionParts implements Recipient {
  readonly encoder: EventEncoder;
  readonly inbox: Inbox;
  readonly outbound: Outbound;
  readonly receipts: Receipts;
  readonly streams: Streams;
  readonly exchange: Exchange;
  readonly dialogue: Recipient["dialogue"];
  connection: ConnectionParts;

  constructor(options: SessionOptions, dialogue: Recipient["dialogue"]) {
    const { limits, encoder, slowConsumer: policy = "disconnect", streams: carrier } = options;
    this.encoder = encoder;
    this.dialogue = dialogue;
    this.inbox = new Inbox();
    this.receipts = new Receipts();
    this.streams = new Streams({ limits, encoder, inbox: this.inbox, carrier });
    // Nothing is read before all are there.
    this.connection = new ConnectionParts(options, this);
    const { writer } = this.connection;
    this.outbound = new Outbound({ limits, policy }, encoder, writer, this.streams);
    const { intake } = this.outbound;
    this.exchange = new Exchange(encoder, intake, this.inbox, this.streams, limits);
  }
}
