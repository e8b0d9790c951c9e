import { Buffer } from "node:buffer";
import type { Intake } from "./delivery/intake.ts";
import { ProtocolError } from "./error.ts";
import type { EventEncoder } from "./event-encoder.ts";
import { isReservedEvent } from "./event-name.ts";
import type { Inbox } from "./inbox.ts";
import { invalidMessage } from "./invalid-message.ts";
import { type Call, OutboundCalls } from "./outbound-calls.ts";
import type { ErrorRecord } from "./error-record.ts";
import { cancelAll, type InboundStream } from "./streams/inbound-stream.ts";
import type { Streams } from "./streams/streams.ts";
import { type CallFailure, encodeCancel, encodeErrorReply, encodeFailure } from "./reply.ts";
import type { Reply } from "./reply.ts";

/** The calls of a session, as the application uses them. */
export interface Calls {
  /** Calls in either direction without an outcome. */
  readonly pending: number;
  /**
   * Send a call, whose outcome the sink hears with `handleReply`. Answers its id for `cancel`, or
   * the error for which it was not sent: the session is over, the queue is full, or the peer's limits
   * forbid it. A `timeout` in milliseconds of 0 is none. Throws at the caller what
   * `EventEncoder.line` throws.
   */
  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
    lane?: number,
  ): number | ProtocolError;
  /**
   * Give up a call: its outcome is not delivered. The peer is told, unless the call has not left yet:
   * then it never will. False if its outcome was known already.
   */
  cancel(id: number): boolean;
  /**
   * Answer a call of the peer. Does nothing if the call was cancelled or the session is over. Throws
   * what `EventEncoder.line` throws and what a full queue or the peer's limits forbid: the call is
   * still open then.
   */
  reply(id: number, data: unknown): void;
  /** Answer a call of the peer with what its handler threw. */
  replyError(id: number, error: ErrorRecord): void;
  /** Answer a call of the peer that no handler ran for. */
  refuse(id: number, failure: CallFailure, explanation?: string): void;
}

/** A call of the peer that is not answered here. */
interface InboundCall {
  readonly lane: number;
  /** True if the peer does not wait for the answer any more. */
  cancelled: boolean;
}

/** The calls of a session, in both directions. They outlive a connection as the session does. */
export class Exchange implements Calls {
  readonly #encoder: EventEncoder;
  readonly #intake: Intake;
  readonly #inbox: Inbox;
  readonly #streams: Streams;
  readonly #maxInbound: number;
  readonly #calls = new OutboundCalls();
  /** Made for the first call: most peers make none. */
  #inbound: Map<number, InboundCall> | undefined;
  /** The greatest id that has come on each lane. */
  #lastInbound: number[] = [];

  constructor(
    encoder: EventEncoder,
    intake: Intake,
    inbox: Inbox,
    streams: Streams,
    maxInbound: number,
  ) {
    this.#streams = streams;
    this.#encoder = encoder;
    this.#intake = intake;
    this.#inbox = inbox;
    this.#maxInbound = maxInbound;
  }

  get pending(): number {
    return this.#calls.size + (this.#inbound?.size ?? 0);
  }

  /** The instant at which `expire` may have something to do; Infinity if never. */
  get deadline(): number {
    return this.#calls.deadline;
  }

  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
    laneAsked = 0,
  ): number | ProtocolError {
    const line = this.#encoder.callLine(this.#calls, event, data, this.#streams);
    if (!this.#intake.isOpen) {
      const refusal = notSent(event);
      this.#intake.discard(refusal);
      return refusal;
    }
    const lane = this.#intake.laneOf(laneAsked);
    const { nextId } = this.#calls;
    const error = this.#intake.push(line, lane, nextId);
    return error ?? this.#calls.add(call, timeout, now, lane);
  }

  cancel(id: number): boolean {
    const taken = this.#calls.take(id);
    if (taken === undefined) return false;
    this.#giveUp(id, taken.lane);
    return true;
  }

  reply(id: number, data: unknown): void {
    const call = this.#inbound?.get(id);
    if (call?.cancelled === false) {
      const line = this.#encoder.replyLine(id, data, this.#streams);
      const error = this.#intake.push(line, this.#intake.laneOf(call.lane));
      if (error !== undefined) throw error;
    } else if (typeof data === "object" && data !== null) {
      this.#discard(id, data);
    }
    this.#inbound?.delete(id);
  }

  // One that is too large for the peer goes without its details.
  replyError(id: number, record: ErrorRecord): void {
    const lane = this.#takeInbound(id);
    if (lane === undefined) return;
    const line = encodeErrorReply(id, record);
    const bytes = Buffer.byteLength(line) - 1;
    if (this.#intake.takes(bytes)) {
      this.#intake.pushSurely(line, lane);
    } else {
      const { name, code } = record;
      const message = `The handler failed with an error of ${bytes} bytes, more than this side accepts.`;
      this.#intake.pushSurely(encodeErrorReply(id, { name, message, code }), lane);
    }
  }

  refuse(id: number, failure: CallFailure, explanation?: string): void {
    const lane = this.#takeInbound(id);
    if (lane === undefined) return;
    this.#intake.pushSurely(encodeFailure(id, failure, explanation), lane);
  }

  /** A call has come. Throws `IPC_INVALID_MESSAGE`. */
  handleCall(
    id: number,
    event: string,
    data: unknown,
    lane: number,
    streams?: readonly InboundStream[],
  ): void {
    if (id <= (this.#lastInbound[lane] ?? 0) || this.#inbound?.has(id) === true) {
      throw invalidMessage("a call id that was used before");
    }
    this.#note(id, lane);
    this.#inbound ??= new Map();
    const full = this.#inbound.size >= this.#maxInbound;
    this.#inbound.set(id, { lane, cancelled: false });
    if (!full && !isReservedEvent(event)) {
      this.#inbox.pushCall(id, event, data, streams);
      return;
    }
    this.refuse(id, full ? "IPC_TOO_MANY_CALLS" : "IPC_NO_HANDLER");
    cancelAll(streams);
  }

  /** A reply has come. Throws `IPC_INVALID_MESSAGE`. */
  handleReply(id: number, reply: Reply, streams?: readonly InboundStream[]): void {
    if (!this.#calls.knows(id)) throw invalidMessage("a reply to no call");
    const taken = this.#calls.take(id);
    // The call may have been cancelled or timed out while the reply was on its way.
    if (taken === undefined) cancelAll(streams);
    else this.#inbox.pushReply(taken.call, reply);
  }

  /** A cancellation has come. Throws `IPC_INVALID_MESSAGE`. */
  handleCancel(id: number, lane: number): void {
    if (id > (this.#lastInbound[lane] ?? 0)) throw invalidMessage("a cancellation of no call");
    const call = this.#inbound?.get(id);
    // Its place is free when its handler is done: a peer that cancels cannot have more of them run.
    if (call === undefined || call.cancelled) return;
    call.cancelled = true;
    this.#inbox.pushCancel(id);
  }

  /** Let the calls whose time is over fail, and tell the peer that nobody waits for them. */
  expire(now: number): void {
    this.#calls.expire(now, (id, lane, call, error) => {
      this.#giveUp(id, lane);
      this.#inbox.pushReply(call, { type: "error", error });
    });
  }

  /** The session is over: nothing more comes. `unsent` answers the ids of calls that were never written. */
  end(unsent: () => ReadonlySet<number>): void {
    this.#inbound = undefined;
    if (this.#calls.size === 0) return;
    const ids = unsent();
    for (const [id, call] of this.#calls.clear()) {
      const error = ids.has(id) ? neverSent(call) : lost(call);
      this.#inbox.pushReply(call, { type: "error", error });
    }
  }

  /** Let go of the streams in a reply that nobody waits for. */
  #discard(id: number, data: object): void {
    try {
      this.#encoder.replyLine(id, data, this.#streams);
      this.#intake.discard();
    } catch {
      // What cannot be sent has no streams that could.
    }
  }

  #giveUp(id: number, lane: number): void {
    if (!this.#intake.withdrawCall(id, lane)) {
      this.#intake.pushSurely(encodeCancel(id), lane);
    }
  }

  #note(id: number, lane: number): void {
    for (let next = this.#lastInbound.length; next < lane; next++) this.#lastInbound.push(0);
    this.#lastInbound[lane] = id;
  }

  /** Take a call of the peer off the list: its lane, if the peer still waits for its answer. */
  #takeInbound(id: number): number | undefined {
    const call = this.#inbound?.get(id);
    this.#inbound?.delete(id);
    return call?.cancelled === false ? call.lane : undefined;
  }
}

function notSent(event: string): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "caller",
    `The call "${event}" was not sent: the session is not open.`,
    { context: { event, outcome: "not sent" } },
  );
}

function neverSent({ event }: Call): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "peer",
    `The session ended before the call "${event}" was sent.`,
    { context: { event, outcome: "not sent" } },
  );
}

function lost({ event }: Call): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "peer",
    `The session ended before the call "${event}" had a reply; whether its handler ran is unknown.`,
    { context: { event, outcome: "unknown" } },
  );
}
