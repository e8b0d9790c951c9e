import type { Batch } from "../outbox/batch.ts";
import { invalidMessage, type ProtocolError } from "../error.ts";
import { OutboundStream, type OutboundStreamOwner, type StreamSource } from "./outbound-stream.ts";
import type { DeclaredLimits } from "../limits.ts";
import { type OutgoingStream, markSent } from "./streamable.ts";
import type { StreamCarrier } from "./stream-carrier.ts";
import { streamCancelled, streamNeverSent, type StreamWord, valueCost } from "./stream-message.ts";
import type { EncodedMessage } from "../wire/message-encoder.ts";

/** A message of the reader of a stream. */
export type ReaderWord = Extract<StreamWord, { kind: "credit" | "cancel" }>;

/** The part of a session that outbound streams need. */
export interface OutboundStreamsOwner {
  /** Call `pull` of a source when things are delivered. */
  pull(source: StreamSource): void;
  /** Call `stop` of a source when things are delivered. */
  stop(source: StreamSource, error: ProtocolError): void;
  /** The message of a value. Throws what `MessageEncoder.streamLine` throws. */
  encode(id: number, value: unknown): EncodedMessage;
  /** Bytes of the largest message that the reader's side accepts. */
  readonly largest: number;
  /** The limits that the peer declares. */
  readonly peer: DeclaredLimits;
}

interface Sending {
  readonly stream: OutboundStream;
  readonly source: StreamSource;
}

/**
 * The streams of this side that have not sent their end. Those with something to send have turns, a
 * chunk each.
 */
export class OutboundStreams implements OutboundStreamOwner {
  readonly #carrier: StreamCarrier;
  readonly #owner: OutboundStreamsOwner;
  readonly #open = new Map<number, Sending>();
  /** Those that wait for their turn, the next one first. */
  readonly #queue = new Set<OutboundStream>();
  /** Bytes that values have taken beyond their streams' credit. */
  #overdraft = 0;
  /** The streams whose next value would take too much of that. */
  readonly #held = new Set<OutboundStream>();

  constructor(carrier: StreamCarrier, owner: OutboundStreamsOwner) {
    this.#carrier = carrier;
    this.#owner = owner;
  }

  /** Streams that have not sent their end. */
  get size(): number {
    return this.#open.size;
  }

  /** True if a stream waits for its turn. */
  get hasTurns(): boolean {
    return this.#queue.size > 0;
  }

  /** Streams leave with a message that was queued. */
  begin(leaving: readonly OutgoingStream[]): void {
    for (const { id, kind, source } of leaving) {
      markSent(source);
      const stream = new OutboundStream(id, kind, this);
      const reader = this.#carrier.send(source, stream);
      stream.begin(reader);
      this.#open.set(id, { stream, source: reader });
    }
  }

  /** The message with these streams was dropped before it left: the peer never knows of them. */
  drop(dropped: readonly OutgoingStream[]): void {
    for (const { id } of dropped) {
      const sending = this.#open.get(id);
      if (sending === undefined) continue;
      this.forget(sending.stream);
      this.#owner.stop(sending.source, streamNeverSent());
    }
  }

  /** The next message of the stream whose turn it is. */
  take(): Batch | undefined {
    for (const stream of this.#queue) {
      this.#queue.delete(stream);
      const batch = stream.take();
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  /** A message of the reader of a stream; it may have crossed with the stream's end. */
  handle(id: number, word: ReaderWord): void {
    const sending = this.#open.get(id);
    if (sending === undefined) return;
    if (word.kind === "credit") {
      if (!sending.stream.grant(word.bytes))
        throw invalidMessage("credits that add up to more than a number holds exactly");
      return;
    }
    const source = sending.stream.stop();
    if (source !== undefined) this.#owner.stop(source, streamCancelled(word.error));
  }

  /** The session is over. */
  end(error: ProtocolError): void {
    for (const { stream } of this.#open.values()) {
      const source = stream.stop();
      if (source !== undefined) this.#owner.stop(source, error);
    }
    this.#open.clear();
    this.#queue.clear();
    this.#held.clear();
  }

  queue(stream: OutboundStream): void {
    if (this.#open.has(stream.id)) this.#queue.add(stream);
  }

  pull(source: StreamSource): void {
    this.#owner.pull(source);
  }

  encode(id: number, value: unknown): EncodedMessage {
    return this.#owner.encode(id, value);
  }

  get largest(): number {
    return this.#owner.largest;
  }

  overdraw(stream: OutboundStream, bytes: number): boolean {
    const { message, attachments } = this.#owner.peer;
    const limit = valueCost(message, attachments);
    if (this.#overdraft > 0 && this.#overdraft + bytes > limit) {
      this.#held.add(stream);
      return false;
    }
    this.#overdraft += bytes;
    return true;
  }

  repay(bytes: number): void {
    this.#overdraft -= bytes;
    for (const stream of this.#held) this.queue(stream);
    this.#held.clear();
  }

  forget(stream: OutboundStream): void {
    this.#open.delete(stream.id);
    this.#queue.delete(stream);
    this.#held.delete(stream);
  }
}
