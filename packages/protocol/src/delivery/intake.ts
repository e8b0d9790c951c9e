import type { Buffer } from "node:buffer";
import type { ProtocolError } from "../error.ts";
import { EncodedEvent, type EventEncoder } from "../event-encoder.ts";
import type { Admission } from "./admission.ts";
import type { Batch } from "./batch.ts";
import { checkEmitOptions, type EmitOptions } from "./emit-options.ts";
import { allowedBy } from "./heritage.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Transmission } from "./transmission.ts";

/** Where messages of this side are handed in: each is let in or refused, and queued on its lane. */
export class Intake {
  readonly #encoder: EventEncoder;
  readonly #outgoing: Outgoing;
  readonly #transmission: Transmission;
  readonly #admission: Admission;

  constructor(
    encoder: EventEncoder,
    outgoing: Outgoing,
    transmission: Transmission,
    admission: Admission,
  ) {
    this.#encoder = encoder;
    this.#outgoing = outgoing;
    this.#transmission = transmission;
    this.#admission = admission;
  }

  /** True while messages may go. */
  get isOpen(): boolean {
    return this.#admission.isOpen;
  }

  /**
   * Queue an event: true, or false from the high-water mark on and while events may not go. What
   * the peer's limits forbid answers the error that says so. Throws what `EventEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean | ProtocolError {
    const line = this.#encoder.line(event, data);
    const { attachments } = this.#encoder;
    if (line.length <= this.#admission.freeLength && attachments.length === 0) {
      this.#outgoing.first.queue.pushLine(line);
      return this.#admission.note();
    }
    return this.emitEncoded(new EncodedEvent(line, attachments, event));
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
    checkEmitOptions(options);
    const encoded = this.#encoder.encode(event, data);
    const { ttl = Infinity, volatile = false, conflate: key } = options;
    const lane = this.#laneFor(options.lane ?? 0);
    if (volatile && this.#admission.refuseVolatile(event)) return false;
    const refusal = this.#admission.refuseEvent(encoded, lane, key);
    if (refusal !== undefined) return refusal;
    const terms = { expiresAt: now + ttl, key, callId: 0 };
    this.#outgoing.lane(lane).queue.pushAlone(encoded, terms);
    return this.#admission.note();
  }

  /**
   * Queue a call, or a reply with a `callId` of 0, LF included, with its attachments. Answers the
   * error for which it was not accepted, if there is one.
   */
  push(
    line: string,
    attachments: readonly Buffer[],
    lane: number,
    callId = 0,
  ): ProtocolError | undefined {
    if (!this.isOpen) return undefined;
    const plain = attachments.length === 0 && line.length <= this.#admission.freeLength;
    // A call that leaves at once cannot be withdrawn: nothing needs to tell it from the others.
    if (plain && lane === 0 && (callId === 0 || this.#transmission.ready)) {
      this.#outgoing.first.queue.pushLine(line);
    } else {
      const encoded = new EncodedEvent(line, attachments);
      const error = this.#admission.refuseCall(encoded);
      if (error !== undefined) return error;
      const terms = callId === 0 ? undefined : { expiresAt: Infinity, key: undefined, callId };
      this.#outgoing.lane(this.#laneFor(lane)).queue.pushAlone(encoded, terms);
    }
    this.#admission.note();
    return undefined;
  }

  /** Queue a reply or a cancellation, LF included, that must not be refused: a small one. */
  pushSurely(line: string, lane: number): void {
    if (!this.isOpen) return;
    const { queue } = this.#outgoing.lane(this.#laneFor(lane));
    if (queue === this.#outgoing.first.queue) queue.pushLine(line);
    else queue.pushAlone(new EncodedEvent(line, []));
    this.#admission.noteSurely();
  }

  /** Take a call out that is not written yet. False if it may be on its way. */
  withdrawCall(callId: number, lane: number): boolean {
    return this.#outgoing.lane(this.#laneFor(lane)).queue.withdrawCall(callId);
  }

  /** Tell whether the peer's limits allow a message of so many bytes. */
  takes(bytes: number): boolean {
    return bytes <= this.#admission.peer.message;
  }

  /** Queue what a former session could not send. What the peer's limits forbid is told. */
  inherit(batches: readonly Batch[], tell: (error: ProtocolError) => void): void {
    for (const batch of batches) {
      const { queue } = this.#outgoing.lane(this.#laneFor(batch.lane ?? 0));
      for (const allowed of allowedBy(this.#admission.peer, batch, tell)) queue.pushBatch(allowed);
    }
    this.#admission.note();
  }

  #laneFor(lane: number): number {
    return this.#transmission.hasLanes ? lane : 0;
  }
}
