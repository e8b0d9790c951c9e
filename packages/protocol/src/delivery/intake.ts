import { type EncodedCall, EncodedEvent, type EventEncoder } from "../messages/event-encoder.ts";
import type { ProtocolError } from "../error.ts";
import type { Admission } from "./admission.ts";
import type { Batch, Terms } from "./batch.ts";
import { type EmitOptions, checkEmitOptions } from "./emit-options.ts";
import { allowedBy } from "./unsent.ts";
import type { DeclaredLimits } from "../limits.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Transmission } from "./transmission.ts";
import type { OutgoingStream } from "../streams/streamable.ts";
import type { StreamOutlet, Streams } from "../streams/streams.ts";

/** Where messages of this side are handed in: each is let in or refused, and queued on its lane. */
export class Intake implements StreamOutlet {
  readonly #encoder: EventEncoder;
  readonly #outgoing: Outgoing;
  readonly #transmission: Transmission;
  readonly #admission: Admission;
  readonly #streams: Streams;

  constructor(
    encoder: EventEncoder,
    outgoing: Outgoing,
    transmission: Transmission,
    admission: Admission,
    streams: Streams,
  ) {
    this.#encoder = encoder;
    this.#outgoing = outgoing;
    this.#transmission = transmission;
    this.#admission = admission;
    this.#streams = streams;
    streams.attach(this);
  }

  /** True while messages may go. */
  get isOpen(): boolean {
    return this.#admission.isOpen;
  }

  /** True while events may go, or are kept. */
  get takesEvents(): boolean {
    return this.#admission.takesEvents;
  }

  /**
   * Queue an event: true, or false from the high-water mark on and on a session that is over. What
   * the peer's limits forbid answers the error that says so. Throws what `EventEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean | ProtocolError {
    return this.queueEvent(this.#encoder.line(event, data, this.#streams), event);
  }

  /** Queue the event that was encoded last. Answers as `emit`. */
  queueEvent(line: string, event: string): boolean | ProtocolError {
    const { attachments } = this.#encoder;
    if (line.length <= this.#admission.freeLength && attachments.length === 0) {
      this.#outgoing.first.queue.pushLine(line);
      return this.#admission.note();
    }
    const encoded = new EncodedEvent(line, attachments, event);
    return this.#leaving.length > 0
      ? this.#emitAlone(encoded, 0, undefined)
      : this.emitEncoded(encoded);
  }

  /** Queue an event that was encoded before. Answers as `emit`. */
  emitEncoded(encoded: EncodedEvent): boolean | ProtocolError {
    const { attachments, line } = encoded;
    if (line.length > this.#admission.freeLength || attachments.length > 0) {
      const refusal = this.#admission.refuseEvent(encoded);
      if (refusal !== undefined) return refusal;
    }
    this.#outgoing.first.queue.pushShared(encoded);
    return this.#admission.note();
  }

  /**
   * Queue an event in its own way. Answers as `emit`, and false for one that is dropped. Throws as
   * `emit`, and `IPC_INVALID_OPTION`.
   */
  emitWith(
    event: string,
    data: unknown,
    options: EmitOptions,
    now: number,
  ): boolean | ProtocolError {
    checkEmitOptions(event, options);
    const encoded = this.#encoder.encode(event, data, this.#streams);
    const { ttl = Infinity, volatile = false, conflate: key } = options;
    if (volatile && this.#admission.refuseVolatile(event)) {
      this.discard();
      return false;
    }
    const terms = { expiresAt: now + ttl, key, callId: 0 };
    return this.#emitAlone(encoded, this.#laneFor(options.lane ?? 0), terms);
  }

  /**
   * Queue a call, or a reply with a `callId` of 0, LF included, which was encoded last. Answers the
   * error for which it was not accepted, if there is one.
   */
  push(line: string, lane: number, callId = 0): ProtocolError | undefined {
    if (!this.isOpen) {
      this.discard();
      return undefined;
    }
    const { attachments } = this.#encoder;
    const isReply = callId === 0;
    const plain = attachments.length === 0 && line.length <= this.#admission.freeLength;
    // A call that leaves at once cannot be withdrawn: nothing needs to tell it from the others.
    if (plain && lane === 0 && (isReply || this.#transmission.ready)) {
      const { leaving, queue } = this.#outgoing.first;
      (isReply ? leaving : queue).pushLine(line, isReply);
    } else {
      const encoded = new EncodedEvent(line, attachments);
      const error = this.#refuseStreams() ?? this.#admission.refuseCall(encoded, isReply);
      if (error !== undefined) {
        this.discard(error);
        return error;
      }
      const { leaving, queue } = this.#outgoing.lane(this.#laneFor(lane));
      const cargo = this.#streams.begin(this.#leaving);
      if (isReply) leaving.pushAnswer(encoded, cargo);
      else queue.pushAlone(encoded, termsOfCall(callId), cargo);
    }
    this.#admission.note();
    return undefined;
  }

  /** Queue a call that was encoded before, for this session among others. Answers as `push`. */
  pushEncoded(call: EncodedCall, lane: number, callId: number): ProtocolError | undefined {
    const { queue } = this.#outgoing.lane(this.#laneFor(lane));
    const line = lane === 0 && call.isSmall && this.#transmission.ready ? call.line(callId) : "";
    if (line !== "" && line.length <= this.#admission.freeLength) {
      queue.pushLine(line);
    } else {
      const message = call.message(callId);
      this.#encoder.assertWithin(message);
      const error = this.#admission.refuseCall(message);
      if (error !== undefined) return error;
      queue.pushAlone(message, termsOfCall(callId));
    }
    this.#admission.note();
    return undefined;
  }

  /** Queue a reply or a cancellation, LF included, that must not be refused: a small one. */
  pushSurely(line: string, lane: number): void {
    if (!this.isOpen) return;
    const { leaving } = this.#outgoing.lane(this.#laneFor(lane));
    if (leaving === this.#outgoing.first.leaving) leaving.pushLine(line, true);
    else leaving.pushAnswer(new EncodedEvent(line, []));
    this.#admission.noteSurely();
  }

  /** Take a call out that is not written yet. False if it may be on its way. */
  withdrawCall(callId: number, lane: number): boolean {
    return this.#outgoing.lane(this.#laneFor(lane)).withdrawCall(callId);
  }

  /** The lane of the call that was encoded last: streams go on lane 0, so that none overtakes another's end. */
  laneOf(lane: number): number {
    return this.#leaving.length > 0 ? 0 : lane;
  }

  /** Discard the streams of the message that was encoded last and is not queued. */
  discard(cause?: ProtocolError): void {
    if (this.#leaving.length > 0) this.#streams.discard(this.#leaving, cause);
  }

  /** Why the peer's limits forbid a message, if they do. */
  forbid(message: EncodedEvent): ProtocolError | undefined {
    return this.#admission.forbid(message);
  }

  /** Bytes of the largest message that the peer accepts. */
  get largest(): number {
    return this.#admission.peer.message;
  }

  /** The limits that the peer declares. */
  get peer(): DeclaredLimits {
    return this.#admission.peer;
  }

  /** Queue what a former session could not send. What the peer's limits forbid is told. */
  carry(batches: readonly Batch[], tell: (error: ProtocolError) => void): void {
    for (const batch of batches) {
      const { queue } = this.#outgoing.lane(this.#laneFor(batch.lane ?? 0));
      for (const fit of allowedBy(this.#admission.peer, batch, tell)) queue.pushBatch(fit);
    }
    this.#admission.note();
  }

  /** Queue the event that was encoded last as a batch of its own. */
  #emitAlone(
    encoded: EncodedEvent,
    laneAsked: number,
    terms: Terms | undefined,
  ): boolean | ProtocolError {
    const lane = this.laneOf(laneAsked);
    const refusal = this.#refuseStreams() ?? this.#admission.refuseEvent(encoded, lane, terms?.key);
    if (refusal !== undefined) {
      this.discard(refusal === false ? undefined : refusal);
      return refusal;
    }
    const cargo = this.#streams.begin(this.#leaving);
    this.#outgoing.lane(lane).queue.pushAlone(encoded, terms, cargo);
    return this.#admission.note();
  }

  /** The streams of what was encoded last. */
  get #leaving(): readonly OutgoingStream[] {
    return this.#encoder.streams;
  }

  #refuseStreams(): ProtocolError | undefined {
    return this.#admission.takesEvents && this.#leaving.length > 0
      ? this.#streams.refuse(this.#leaving)
      : undefined;
  }

  #laneFor(lane: number): number {
    return this.#transmission.hasLanes ? lane : 0;
  }
}

/** The terms of a call that may be withdrawn. */
function termsOfCall(callId: number): Terms {
  return { expiresAt: Infinity, key: undefined, callId };
}
