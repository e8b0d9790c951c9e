import type { Call } from "./calls/outbound-calls.ts";
import type { Reply } from "./calls/reply.ts";
import type { SessionEnd } from "./session-state.ts";
import type { InboundStream, StreamReader } from "./streams/inbound-stream.ts";
import type { ProtocolError } from "./error.ts";
import type { StreamSource } from "./streams/outbound-stream.ts";

/** Notifications that have a method of their own to queue them. */
type Message = "call" | "cancel" | "event" | "outcome";

/** Places that are kept for what comes next. */
const keptPlaces = 64;

/**
 * Everything that was received and not yet delivered: events, calls, cancellations and the outcomes of calls in order, and
 * the end.
 *
 * Events lie in parallel arrays, so that one costs no object; where no name is, the next notification
 * has its place. All wait until `open`, or the end.
 */
export class Inbox {
  #names: (string | undefined)[] = [];
  #values: unknown[] = [];
  #notifications: Notification[] = [];
  #next = 0;
  /** The place behind the last one: the arrays may be longer. */
  #end = 0;
  #nextNotification = 0;
  #open = false;
  /** Answers what comes after all events; `undefined` if there is more to deliver before. */
  #conclude: (() => SessionEnd | undefined) | undefined;
  #delivery: "idle" | "running" | "over" = "idle";

  /** Events and calls, and what belongs to calls, that wait. */
  get size(): number {
    return this.#end - this.#next;
  }

  /** Queue one event. */
  push(name: string, value: unknown): void {
    this.#names[this.#end] = name;
    this.#values[this.#end++] = value;
  }

  /** Queue a call of the peer. */
  pushCall(id: number, event: string, data: unknown, streams?: readonly InboundStream[]): void {
    this.#pushNotification({ type: "call", id, event, data, streams });
  }

  /** Queue an event with streams in its data. */
  pushStreams(event: string, data: unknown, streams: readonly InboundStream[]): void {
    this.#pushNotification({ type: "event", event, data, streams });
  }

  /** Queue the outcome of a call of this side. */
  pushReply(call: Call, reply: Reply): void {
    this.#pushNotification({ type: "outcome", call, reply });
  }

  /** Queue the cancellation of a call of the peer. */
  pushCancel(id: number): void {
    this.#pushNotification({ type: "cancel", id });
  }

  /** Queue a notification of the connection, or of a wait of this side. */
  notify(notification: Exclude<Notification, { readonly type: Message }>): void {
    this.#pushNotification(notification);
  }

  /** True if everything that came was delivered, and the listeners have returned. */
  get settled(): boolean {
    return this.size === 0 && this.#delivery !== "running";
  }

  /**
   * Set what comes after all events. `end` is asked when all is delivered, until it answers: if not, it
   * has queued more. Nothing runs between its answer and `handleClosed`.
   */
  end(end: () => SessionEnd | undefined): void {
    this.#conclude = end;
  }

  /** Let the events out from now on. */
  open(): void {
    this.#open = true;
  }

  /** True once events are let out. */
  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Forget all that the peer said, and keep what this side waits for: each call has an outcome. A
   * running `deliver` goes on with that.
   */
  clear(): void {
    const left = this.#notifications.slice(this.#nextNotification);
    this.#empty();
    for (const one of left) {
      if (!isOfPeer(one)) this.#pushNotification(one);
    }
  }

  /**
   * Hand the events to a sink, oldest first, and the end. An event is consumed before its listeners run: should the
   * sink throw, the next call goes on behind it. A call from within a sink's method does nothing. Answers true once,
   * when the end was delivered.
   */
  deliver(sink: SessionSink): boolean {
    if (this.#delivery !== "idle") return false;
    this.#delivery = "running";
    let end: SessionEnd | undefined;
    try {
      do {
        // At its end a session that never opened has reports of its own alone.
        if (this.#open || this.#conclude !== undefined) this.#deliverEvents(sink);
        end = this.#conclude?.();
      } while (this.#conclude !== undefined && end === undefined);
    } finally {
      this.#delivery = "idle";
    }
    if (end === undefined) return false;
    this.#delivery = "over";
    this.#conclude = undefined;
    sink.handleClosed(end);
    return true;
  }

  #deliverEvents(sink: SessionSink): void {
    while (this.#next < this.#end) {
      const index = this.#next++;
      const name = this.#names[index];
      const value = this.#values[index];
      this.#names[index] = undefined;
      this.#values[index] = undefined;
      if (name === undefined)
        deliverNotification(this.#notifications[this.#nextNotification++], sink);
      else sink.handleEvent(name, value);
    }
    if (this.#next > 0) this.#empty();
  }

  #pushNotification(notification: Notification): void {
    this.#names[this.#end] = undefined;
    this.#values[this.#end++] = undefined;
    this.#notifications.push(notification);
  }

  #empty(): void {
    if (this.#end > keptPlaces || this.#next < this.#end) {
      this.#names = [];
      this.#values = [];
    }
    if (this.#notifications.length > 0) this.#notifications = [];
    this.#next = 0;
    this.#end = 0;
    this.#nextNotification = 0;
  }
}

/** A delivery that is no plain event: of a call, of the connection, or of something that this side waits for. */
export type Notification =
  | {
      readonly type: "call";
      readonly id: number;
      readonly event: string;
      readonly data: unknown;
      readonly streams: readonly InboundStream[] | undefined;
    }
  | {
      readonly type: "event";
      readonly event: string;
      readonly data: unknown;
      readonly streams: readonly InboundStream[];
    }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "outcome"; readonly call: Call; readonly reply: Reply }
  | { readonly type: "flushed"; readonly mark: object; readonly error?: ProtocolError }
  | { readonly type: "parked"; readonly end: SessionEnd }
  | { readonly type: "resumed" }
  | { readonly type: "leave"; readonly within: number }
  | { readonly type: "wake"; readonly reader: StreamReader }
  | { readonly type: "pull"; readonly source: StreamSource }
  | { readonly type: "stop"; readonly source: StreamSource; readonly error: ProtocolError };

/** Hand a notification to its receiver. */
function deliverNotification(one: Notification | undefined, sink: SessionSink): void {
  switch (one?.type) {
    case "call":
      sink.handleCall(one.id, one.event, one.data, one.streams);
      break;
    case "event":
      sink.handleEvent(one.event, one.data, one.streams);
      break;
    case "cancel":
      sink.handleCancel(one.id);
      break;
    case "outcome":
      sink.handleReply(one.call, one.reply);
      break;
    case "flushed":
      sink.handleFlushed?.(one.mark, one.error);
      break;
    case "parked":
      sink.handleParked?.(one.end);
      break;
    case "resumed":
      sink.handleResumed?.();
      break;
    case "leave":
      sink.handleLeave?.(one.within);
      break;
    case "wake":
      one.reader.wake();
      break;
    case "pull":
      one.source.pull();
      break;
    case "stop":
      one.source.stop(one.error);
      break;
    case undefined:
      break;
  }
}

/** Tell what the peer has said from what this side waits for. */
function isOfPeer({ type }: Notification): boolean {
  return type === "call" || type === "cancel" || type === "event";
}

/** Receives the results of a session when the driver calls `deliver`, in this order. No method may throw. */
export interface SessionSink {
  /**
   * An event of the peer. The streams in its data are given beside it: a sink that drops the event cancels
   * them. Under names that a peer cannot use, the session itself raises
   * - `drain`: after `emit` answered false, everything queued has left;
   * - `user-pong` with `{ time }`: the peer answered a `ping`;
   * - `ipc:report` with a `ProtocolError`: something was dropped that harms nothing else.
   */
  handleEvent(event: string, data: unknown, streams?: readonly InboundStream[]): void;
  /** A call of the peer. Answer with `reply`, `replyError` or `refuse` of `calls`, now or later. */
  handleCall(id: number, event: string, data: unknown, streams?: readonly InboundStream[]): void;
  /** The peer waits no more for the reply to this call. */
  handleCancel(id: number): void;
  /** The outcome of a call of this side: each call that was sent has exactly one, unless cancelled. */
  handleReply(call: Call, reply: Reply): void;
  /** Everything that was emitted before a `flush` was heard by the peer, or never will be. */
  handleFlushed?(mark: object, error: ProtocolError | undefined): void;
  /** The connection is gone, and the session waits for another one. */
  handleParked?(end: SessionEnd): void;
  /** The session goes on over another connection. */
  handleResumed?(): void;
  /** Client: the server asks to finish within so many milliseconds, and to come back. */
  handleLeave?(within: number): void;
  /** The session is over. Nothing follows. */
  handleClosed(end: SessionEnd): void;
}
