import { ProtocolError } from "./error.ts";
import { EncodedEvent } from "./event-encoder.ts";
import type { EventEncoder } from "./event-encoder.ts";
import { isReservedEvent } from "./event-name.ts";
import type { Inbox } from "./inbox.ts";
import { invalidMessage } from "./invalid-message.ts";
import type { Outbound } from "./outbound.ts";
import { type Call, OutboundCalls } from "./outbound-calls.ts";
import type { ErrorRecord } from "./error-record.ts";
import { type CallFailure, encodeCancel, encodeErrorReply, encodeFailure } from "./reply.ts";
import type { Reply } from "./reply.ts";

/** The calls of a session, in both directions. */
export class Exchange {
  readonly #encoder: EventEncoder;
  readonly #outbound: Outbound;
  readonly #inbox: Inbox;
  readonly #maxInbound: number;
  readonly #calls = new OutboundCalls();
  /** Calls of the peer that are not answered here, and whether the peer still waits for the answer. */
  readonly #inbound = new Map<number, "awaited" | "cancelled">();
  #lastInbound = 0;

  constructor(encoder: EventEncoder, outbound: Outbound, inbox: Inbox, maxInbound: number) {
    this.#encoder = encoder;
    this.#outbound = outbound;
    this.#inbox = inbox;
    this.#maxInbound = maxInbound;
  }

  /** Calls of this side without an outcome, and calls of the peer without an answer. */
  get pending(): number {
    return this.#calls.size + this.#inbound.size;
  }

  /** The instant at which `expire` may have something to do; Infinity if never. */
  get deadline(): number {
    return this.#calls.deadline;
  }

  /**
   * Send a call and answer its id, or the error for which it was not sent. Throws at the caller what
   * `EventEncoder.callLine` throws.
   */
  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
  ): number | ProtocolError {
    const line = this.#encoder.callLine(this.#calls, event, data);
    if (!this.#outbound.isOpen) return notSent(event);
    const answer = this.#outbound.push(line, this.#encoder.attachments);
    return answer instanceof ProtocolError ? answer : this.#calls.add(call, timeout, now);
  }

  /** Give up a call and tell the peer. False if its outcome is known already. */
  cancel(id: number): boolean {
    if (this.#calls.take(id) === undefined) return false;
    this.#outbound.pushControl(encodeCancel(id));
    return true;
  }

  /**
   * Answer a call of the peer; of one that was cancelled meanwhile, nobody is told. Throws what
   * `EventEncoder.replyLine` throws, and what the peer's limits forbid; the call is then still open.
   */
  reply(id: number, data: unknown): void {
    if (this.#inbound.get(id) === "awaited") {
      const line = this.#encoder.replyLine(id, data);
      const answer = this.#outbound.push(line, this.#encoder.attachments);
      if (answer instanceof ProtocolError) throw answer;
    }
    this.#inbound.delete(id);
  }

  /** Answer a call of the peer with an error; one that is too large for it goes without its details. */
  replyError(id: number, record: ErrorRecord): void {
    if (!this.#answers(id)) return;
    const event = new EncodedEvent(encodeErrorReply(id, record), []);
    if (this.#outbound.takes(event)) {
      this.#outbound.pushControl(event.line);
    } else {
      const { name, code } = record;
      const message = `The handler failed with an error of ${event.size} bytes, more than this side accepts.`;
      this.#outbound.pushControl(encodeErrorReply(id, { name, message, code }));
    }
  }

  /** Refuse a call of the peer that no handler ran for. */
  refuse(id: number, failure: CallFailure, explanation?: string): void {
    if (!this.#answers(id)) return;
    this.#outbound.pushControl(encodeFailure(id, failure, explanation));
  }

  /** A call has come. Throws `IPC_INVALID_MESSAGE`. */
  handleCall(id: number, event: string, data: unknown): void {
    if (id <= this.#lastInbound) throw invalidMessage("a call id that was used before");
    this.#lastInbound = id;
    const full = this.#inbound.size >= this.#maxInbound;
    this.#inbound.set(id, "awaited");
    if (full) this.refuse(id, "IPC_TOO_MANY_CALLS");
    else if (isReservedEvent(event)) this.refuse(id, "IPC_NO_HANDLER");
    else this.#inbox.pushCall(id, event, data);
  }

  /** A reply has come. Throws `IPC_INVALID_MESSAGE`. */
  handleReply(id: number, reply: Reply): void {
    if (!this.#calls.knows(id)) throw invalidMessage("a reply to no call");
    const call = this.#calls.take(id);
    // The call may have been cancelled or timed out while the reply was on its way.
    if (call !== undefined) this.#inbox.pushReply(call, reply);
  }

  /** A cancellation has come. Throws `IPC_INVALID_MESSAGE`. */
  handleCancel(id: number): void {
    if (id > this.#lastInbound) throw invalidMessage("a cancellation of no call");
    // Its place is free when its handler is done: a peer that cancels cannot have more of them run.
    if (this.#inbound.get(id) !== "awaited") return;
    this.#inbound.set(id, "cancelled");
    this.#inbox.pushCancel(id);
  }

  /** Let the calls whose time is over fail, and tell the peer that nobody waits for them. */
  expire(now: number): void {
    this.#calls.expire(now, (id, call, error) => {
      this.#outbound.pushControl(encodeCancel(id));
      this.#inbox.pushReply(call, { type: "error", error });
    });
  }

  /** The session is over: nothing more comes. */
  end(): void {
    this.#inbound.clear();
    for (const call of this.#calls.clear()) {
      this.#inbox.pushReply(call, { type: "error", error: lost(call) });
    }
  }

  /** Take a call of the peer off the list; true if the peer still waits for its answer. */
  #answers(id: number): boolean {
    const state = this.#inbound.get(id);
    this.#inbound.delete(id);
    return state === "awaited";
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

function lost({ event }: Call): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "peer",
    `The connection ended before the call "${event}" had a reply; whether its handler ran is unknown.`,
    { context: { event, outcome: "unknown" } },
  );
}
