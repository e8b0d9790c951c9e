import { Outbox } from "../outbox/outbox.ts";
import { Acks } from "../outbox/acks.ts";
import type { MessageEncoder } from "../messages/message-encoder.ts";
import { Exchange } from "../calls/exchange.ts";
import { Inbox } from "./inbox.ts";
import type { Recipient } from "../messages/event-reader.ts";
import type { NewSessionOptions } from "../session-options.ts";
import { Streams } from "../streams/streams.ts";
import { ConnectionWriter, RecordWriter } from "../opening/connection-writer.ts";
import { allFeatures, type Feature } from "../opening/preface.ts";
import { Inbound } from "../opening/inbound.ts";
import { type DeclaredLimits, declaredFloor } from "../limits.ts";
import { MessageReader } from "../messages/message-reader.ts";
import { type Opened, PlainOpening, type Protection } from "../opening/opening.ts";
import { SessionClock, UserPings } from "./session-clock.ts";

/** The machines of a session: those that last as long as it does, and those of its present connection. */
export class SessionParts implements Recipient {
  readonly encoder: MessageEncoder;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly acks: Acks;
  readonly streams: Streams;
  readonly exchange: Exchange;
  readonly dialogue: Recipient["dialogue"];
  connection: ConnectionParts;

  constructor(options: NewSessionOptions, dialogue: Recipient["dialogue"]) {
    const { limits, encoder, slowConsumer: policy = "disconnect", streams: carrier } = options;
    this.encoder = encoder;
    this.dialogue = dialogue;
    this.inbox = new Inbox();
    this.acks = new Acks();
    this.streams = new Streams({ limits, encoder, inbox: this.inbox, carrier });
    // Nothing is read before all are there.
    this.connection = new ConnectionParts(options, this);
    const { writer } = this.connection;
    this.outbox = new Outbox({ limits, policy, encoder, streams: this.streams });
    this.outbox.writer.attach(writer);
    this.exchange = new Exchange(encoder, this.outbox, this.inbox, this.streams, limits);
  }
}

/** The machines that begin and end with one connection. */
export class ConnectionParts {
  readonly clock: SessionClock;
  readonly messages: MessageReader;
  readonly inbound: Inbound;
  readonly writer: ConnectionWriter;
  /** The limits of the peer's preface. */
  limits: DeclaredLimits = declaredFloor;
  /** True if both sides count and acknowledge messages. */
  acknowledges = false;
  /** Streams that the peer takes at once; -1 unless both sides understand them. */
  streams = -1;
  #pings: UserPings | undefined;
  readonly #offer: readonly Feature[];

  constructor(options: NewSessionOptions, recipient: Recipient) {
    const { role, limits, encoder, security, now } = options;
    const features = featuresOf(options);
    this.#offer = features;
    this.clock = new SessionClock(limits, now);
    this.writer = new ConnectionWriter();
    this.messages = new MessageReader(limits, encoder.serialization, recipient);
    const offer = { limits, features, serialization: encoder.serialization.name };
    const say = (bytes: string | Uint8Array): void => this.writer.pushClear(bytes);
    const opening =
      security === undefined ? new PlainOpening(role, offer, say) : security.open(role, offer, say);
    this.inbound = new Inbound(opening, this.messages);
  }

  /** Made for the first one: most applications send none. */
  get pings(): UserPings {
    return (this.#pings ??= new UserPings());
  }

  /** Do now, while the peer works, what can be done of the next records. */
  prepare(): void {
    if (!this.writer.isProtected || !this.clock.isBrisk) return;
    this.writer.prepare();
    this.inbound.prepare();
  }

  /** The opening is over: messages go from now on, as the prefaces have settled. */
  begin({ limits, features, protection }: Opened): void {
    this.limits = limits;
    this.acknowledges = this.#agrees("recovery", features);
    if (this.#agrees("streams", features)) this.streams = limits.streams;
    if (protection !== undefined) this.#protect(protection);
  }

  /** Tell whether a session of another connection can go on over this one: what waits there fits here. */
  offersAsMuchAs({ limits, acknowledges, streams }: ConnectionParts): boolean {
    return (
      this.acknowledges === acknowledges &&
      this.streams >= streams &&
      this.limits.message >= limits.message &&
      this.limits.attachments >= limits.attachments
    );
  }

  #protect(protection: Protection): void {
    this.inbound.protect(protection);
    this.writer.protect(new RecordWriter(protection.sealer));
  }

  #agrees(feature: Feature, offered: readonly string[]): boolean {
    return this.#offer.includes(feature) && offered.includes(feature);
  }
}

/** The features that a side offers: streams only if there is a carrier. */
function featuresOf({ features = allFeatures, streams }: NewSessionOptions): readonly Feature[] {
  return streams === undefined ? features.filter((feature) => feature !== "streams") : features;
}
