import type { Buffer } from "node:buffer";
import type { Batch, Cargo } from "../outbox/batch.ts";
import { type Blame, type ProtocolError, invalidMessage } from "../error.ts";
import type { EncodedMessage, MessageEncoder } from "../wire/message-encoder.ts";
import type { Inbox } from "../inbox.ts";
import { type DeclaredLimits, declaredFloor, defaultLimits } from "../limits.ts";
import { type InboundStreamLimits, InboundStreams } from "./inbound-streams.ts";
import type { InboundStream, InboundStreamOwner, StreamReader } from "./inbound-stream.ts";
import { OutboundStreams, type OutboundStreamsOwner } from "./outbound-streams.ts";
import type { OutgoingStream, StreamKind } from "./streamable.ts";
import type { StreamSource } from "./outbound-stream.ts";
import type { StreamCarrier } from "./stream-carrier.ts";
import {
  streamLost,
  streamNeverSent,
  streamsUnsupported,
  tooManyStreams,
  decodeStreamValue,
  type StreamMessage,
  type ValueSource,
} from "./stream-message.ts";

/** The parts that the streams of a session need. */
export interface StreamsInit {
  readonly limits: InboundStreamLimits;
  readonly encoder: MessageEncoder;
  readonly inbox: Inbox;
  /** The application's kind of streams; without it there are none. */
  readonly carrier: StreamCarrier | undefined;
}

/** The outlet of the messages of streams. */
export interface StreamOutlet {
  /** Queue a small line that must not be refused. */
  pushSurely(line: string): void;
  /** Why the peer's limits forbid a message, if they do. */
  forbid(message: EncodedMessage): ProtocolError | undefined;
  /** The limits that the peer declares. */
  readonly peer: DeclaredLimits;
}

/** The streams of a session, in both directions. They outlive a connection as the session does. */
export class Streams implements InboundStreamOwner, OutboundStreamsOwner {
  readonly #init: StreamsInit;
  #inbound: InboundStreams | undefined;
  #outbound: OutboundStreams | undefined;
  /** Streams that the peer takes at once; -1 for a peer that takes none. */
  #peerTakes = -1;
  #outlet: StreamOutlet | undefined;
  #lastId = 0;
  #arriving = false;

  constructor(init: StreamsInit) {
    this.#init = init;
  }

  /** Streams in either direction whose end has not been sent. */
  get open(): number {
    return (this.#inbound?.size ?? 0) + (this.#outbound?.size ?? 0);
  }

  /** Note how many streams the peer takes at once; -1 for none. */
  setPeerLimit(peerTakes: number): void {
    this.#peerTakes = peerTakes;
  }

  /** Note where messages leave. */
  attach(outlet: StreamOutlet): void {
    this.#outlet = outlet;
  }

  /** The id that the next stream of this side has. */
  takeId(): number {
    return ++this.#lastId;
  }

  /** Why these streams cannot leave, if they cannot. */
  refuse(leaving: readonly OutgoingStream[]): ProtocolError | undefined {
    if (this.#peerTakes < 0 || this.#init.carrier === undefined) return streamsUnsupported();
    const size = (this.#outbound?.size ?? 0) + leaving.length;
    // A peer may declare any number, and call for streams that it does not read.
    const own = Math.max(defaultLimits.maxStreams, this.#init.limits.maxStreams);
    const most = Math.min(this.#peerTakes, own);
    return size > most ? tooManyStreams(most) : undefined;
  }

  /** Streams leave with a message that is being queued. */
  begin(leaving: readonly OutgoingStream[]): Cargo | undefined {
    const { carrier } = this.#init;
    if (carrier === undefined || leaving.length === 0) return undefined;
    const outbound = (this.#outbound ??= new OutboundStreams(carrier, this));
    outbound.begin(leaving);
    return { drop: () => outbound.drop(leaving) };
  }

  /** Streams do not leave: their message was not accepted. */
  discard(leaving: readonly OutgoingStream[], cause?: ProtocolError): void {
    if (leaving.length === 0) return;
    const error = streamNeverSent(cause);
    for (const { source } of leaving) this.#init.carrier?.discard(source, error);
  }

  /** True if a stream waits for its turn. */
  get hasChunk(): boolean {
    return this.#outbound?.hasTurns === true;
  }

  /** The next message of a stream, if one may go. */
  takeChunk(): Batch | undefined {
    return this.#outbound?.take();
  }

  /** The value in the data for a stream of the message that is being read; `undefined` if there cannot be one. */
  find(kind: StreamKind, id: Buffer): object | undefined {
    const { carrier, limits } = this.#init;
    if (this.#peerTakes < 0 || carrier === undefined) return undefined;
    this.#inbound ??= new InboundStreams(limits, carrier, this);
    this.#arriving = true;
    return this.#inbound.find(kind, id);
  }

  /** The message counts: answer its streams, if it has any. Throws `IPC_INVALID_MESSAGE`. */
  admit(): readonly InboundStream[] | undefined {
    if (!this.#arriving || this.#inbound === undefined) return undefined;
    this.#arriving = false;
    return this.#inbound.admit();
  }

  /** The message had come before. */
  forget(): void {
    if (this.#arriving) this.#inbound?.forget();
    this.#arriving = false;
  }

  /** The peer has said something of a stream. Throws `IPC_INVALID_MESSAGE`. */
  handle({ id, word }: StreamMessage): void {
    if (this.#peerTakes < 0) throw invalidMessage("a message of a stream, which was not offered");
    if (word.kind === "credit" || word.kind === "cancel") {
      if (id > this.#lastId) throw invalidMessage("a message to a stream that was never sent");
      this.#outbound?.handle(id, word);
      return;
    }
    if (this.#inbound === undefined)
      throw invalidMessage("a message of a stream that it never sent");
    this.#inbound.handle(id, word);
  }

  /** The session is over; `blame` is the side that ended it. */
  end(cause: Error | undefined, blame: Blame): void {
    if (this.open === 0) return;
    const error = streamLost(cause, blame);
    this.#inbound?.end(error);
    this.#outbound?.end(error);
  }

  get largest(): number {
    return this.peer.message;
  }

  say(line: string): void {
    this.#outlet?.pushSurely(line);
  }

  get peer(): DeclaredLimits {
    return this.#outlet?.peer ?? declaredFloor;
  }

  decode(source: ValueSource): unknown {
    return decodeStreamValue(source, this.#init.encoder.serialization);
  }

  wake(reader: StreamReader): void {
    this.#init.inbox.notify({ type: "wake", reader });
  }

  pull(source: StreamSource): void {
    this.#init.inbox.notify({ type: "pull", source });
  }

  stop(source: StreamSource, error: ProtocolError): void {
    this.#init.inbox.notify({ type: "stop", source, error });
  }

  encode(id: number, value: unknown): EncodedMessage {
    const message = this.#init.encoder.streamValue(id, value);
    const error = this.#outlet?.forbid(message);
    if (error !== undefined) throw error;
    return message;
  }
}
