import type { Outbox } from "../outbox/outbox.ts";
import {
  callLost,
  callNeverSent,
  callNotSent,
  type Call,
  OutboundCalls,
} from "./outbound-calls.ts";
import type { EncodedCall, MessageEncoder } from "../wire/message-encoder.ts";
import { type Blame, type ProtocolError, invalidMessage } from "../error.ts";
import { isReservedEvent } from "../wire/event-name.ts";
import type { Inbox } from "../inbox.ts";
import { type InboundCallLimits, InboundCalls } from "./inbound-calls.ts";
import { encodeWithin, type ErrorRecord } from "./remote-error.ts";
import { cancelAll, type InboundStream } from "../streams/inbound-stream.ts";
import type { Streams } from "../streams/streams.ts";
import {
  type CallFailure,
  encodeCancel,
  encodeErrorReply,
  encodeFailure,
  type Reply,
} from "./reply.ts";

/** The calls of a session, in both directions. They outlive a connection as the session does. */
export class Calls {
  readonly #encoder: MessageEncoder;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #streams: Streams;
  readonly #limits: InboundCallLimits;
  readonly #calls = new OutboundCalls();
  /** Made for the first call: most peers make none. */
  #inbound: InboundCalls | undefined;

  constructor(
    encoder: MessageEncoder,
    outbox: Outbox,
    inbox: Inbox,
    streams: Streams,
    limits: InboundCallLimits,
  ) {
    this.#encoder = encoder;
    this.#outbox = outbox;
    this.#inbox = inbox;
    this.#streams = streams;
    this.#limits = limits;
  }

  /** Calls in either direction without an outcome. */
  get pending(): number {
    return this.#calls.size + (this.#inbound?.size ?? 0);
  }

  /** The instant at which `expire` may have something to do; Infinity if never. */
  get deadline(): number {
    return this.#calls.deadline;
  }

  /** The id that the next call of this side will have. */
  get nextId(): number {
    return this.#calls.nextId;
  }

  /**
   * Send a call, whose outcome the sink hears with `handleReply`. Answers its id for `cancel`, or
   * the error for which it was not sent: the session is over, the queue is full, or the peer's limits
   * forbid it. A `timeout` in milliseconds of 0 is none. Throws at the caller what
   * `MessageEncoder.event` throws.
   */
  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
  ): number | ProtocolError {
    const message = this.#encoder.call(this, event, data, this.#streams);
    if (!this.#outbox.isOpen) {
      const refusal = callNotSent(call.event);
      if (typeof message !== "string") this.#streams.discard(message.streams, refusal);
      return refusal;
    }
    const error = this.#outbox.pushCall(message, this.nextId);
    return error ?? this.#calls.add(call, timeout, now);
  }

  /**
   * Send a call that was encoded once for several sessions. Answers as `invoke`. Throws
   * `IPC_MESSAGE_TOO_LARGE` where the digits of the id are too many for this side's limit.
   */
  invokeEncoded(
    encoded: EncodedCall,
    call: Call,
    timeout: number,
    now: number,
  ): number | ProtocolError {
    if (!this.#outbox.isOpen) return callNotSent(encoded.event);
    const error = this.#outbox.pushEncodedCall(encoded, this.nextId);
    return error ?? this.#calls.add(call, timeout, now);
  }

  /**
   * Give up a call: its outcome is not delivered. The peer is told, unless the call has not left yet:
   * then it never will. False if its outcome was known already.
   */
  cancel(id: number): boolean {
    if (this.#calls.take(id) === undefined) return false;
    this.#giveUp(id);
    return true;
  }

  /**
   * Answer a call of the peer. Does nothing if the call was cancelled or the session is over. Throws
   * what `MessageEncoder.line` throws and what a full queue or the peer's limits forbid: the call is
   * still open then.
   */
  reply(id: number, data: unknown): void {
    if (this.#inbound?.awaits(id) === true) {
      const error = this.#outbox.pushReply(this.#encoder.reply(id, data, this.#streams));
      if (error !== undefined) throw error;
    } else if (typeof data === "object" && data !== null) {
      this.#discard(id, data);
    }
    this.#inbound?.delete(id);
  }

  /** Answer a call of the peer with what its handler threw; what is too large for the peer goes without its details. */
  replyError(id: number, record: ErrorRecord): void {
    if (!this.#takeInbound(id)) return;
    const { message } = this.#outbox.peer;
    const line = encodeWithin(record, message, (fitting) => encodeErrorReply(id, fitting));
    this.#outbox.pushSurely(line);
  }

  /** Answer a call of the peer that no handler ran for. */
  refuse(id: number, failure: CallFailure, explanation?: string): void {
    if (this.#takeInbound(id)) this.#outbox.pushSurely(encodeFailure(id, failure, explanation));
  }

  /** A call has come in a message of `size` bytes. Throws `IPC_INVALID_MESSAGE`. */
  handleCall(
    id: number,
    event: string,
    data: unknown,
    size: number,
    streams?: readonly InboundStream[],
  ): void {
    const verdict = this.#ofPeer.add(id, size);
    const free = verdict === "free";
    if (free && !isReservedEvent(event)) {
      this.#inbox.pushCall(id, event, data, streams);
      return;
    }
    const { maxCallBytes } = this.#limits;
    const why =
      verdict === "too large" ? `${maxCallBytes} bytes of them (its maxCallBytes)` : undefined;
    this.refuse(id, free ? "IPC_NO_HANDLER" : "IPC_TOO_MANY_CALLS", why);
    cancelAll(streams);
  }

  /** A call has come whose data cannot be read. Throws `IPC_INVALID_MESSAGE`. */
  handleUnreadable(id: number, why: string, streams?: readonly InboundStream[]): void {
    this.#ofPeer.add(id, 0);
    this.refuse(id, "IPC_INVALID_DATA", why);
    cancelAll(streams);
  }

  /** A reply has come. Throws `IPC_INVALID_MESSAGE`. */
  handleReply(id: number, reply: Reply, streams?: readonly InboundStream[]): void {
    if (!this.#calls.knows(id))
      throw invalidMessage("a reply to a call that this side has not made");
    const call = this.#calls.take(id);
    // The call may have been cancelled or timed out while the reply was on its way.
    if (call === undefined || reply.type === "error") cancelAll(streams);
    if (call === undefined) return;
    // A peer that makes up a reply to what still waits does not want it.
    this.#outbox.withdrawCall(id);
    this.#inbox.pushReply(call, reply);
  }

  /** A cancellation has come. Throws `IPC_INVALID_MESSAGE`. */
  handleCancel(id: number): void {
    if (this.#ofPeer.cancel(id)) this.#inbox.pushCancel(id);
  }

  /** Let the calls whose time is over fail, and tell the peer that they are no longer awaited. */
  expire(now: number): void {
    this.#calls.expire(now, (id, call, error) => {
      this.#giveUp(id);
      this.#inbox.pushReply(call, { type: "error", error });
    });
  }

  /**
   * The session is over: nothing more comes. `unsent` answers the ids of calls that were never
   * written, `blame` is the side that ended it.
   */
  end(unsent: () => ReadonlySet<number>, blame: Blame): void {
    this.#inbound = undefined;
    if (this.#calls.size === 0) return;
    const ids = unsent();
    for (const [id, call] of this.#calls.clear()) {
      const error = ids.has(id) ? callNeverSent(call, blame) : callLost(call, blame);
      this.#inbox.pushReply(call, { type: "error", error });
    }
  }

  /** Release the streams in a reply that is not awaited. */
  #discard(id: number, data: object): void {
    try {
      const message = this.#encoder.reply(id, data, this.#streams);
      if (typeof message !== "string") this.#streams.discard(message.streams);
    } catch {
      // A message that cannot be sent has no streams that could.
    }
  }

  #giveUp(id: number): void {
    if (!this.#outbox.withdrawCall(id)) this.#outbox.pushSurely(encodeCancel(id));
  }

  /** Take a call of the peer off the list: true if the peer still waits for its answer. */
  #takeInbound(id: number): boolean {
    const awaits = this.#inbound?.awaits(id) === true;
    this.#inbound?.delete(id);
    return awaits;
  }

  get #ofPeer(): InboundCalls {
    return (this.#inbound ??= new InboundCalls(this.#limits));
  }
}
