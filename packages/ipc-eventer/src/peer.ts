import {
  type Hello,
  type ProtocolError,
  type Reply,
  Session,
  type SessionEnd,
} from "@ipc/protocol";
import type {
  Call,
  CallFailure,
  InboundStream,
  Relayed,
  Sender,
  SessionOptions,
  SessionSink,
  Welcome,
} from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import { callChannel, messageChannel } from "./diagnostics.ts";
import { Driver } from "./driver.ts";
import { type EventContext, ofThePeer } from "./event-context.ts";
import { Flush } from "./flush.ts";
import type { Handlers } from "./handlers.ts";
import { InboundCall } from "./inbound-call.ts";
import { type AnySocket, handlerOn, hearOn, raiseOn } from "./ipc-socket.ts";
import { misfit } from "./misfit.ts";
import { OutboundCall } from "./outbound-call.ts";
import { RelayedCall } from "./relay/relayed-call.ts";
import { listenersOn } from "./socket-events.ts";
import { cancelUnread } from "./streams/cancel-unread.ts";
import { StreamPort } from "./streams/stream-port.ts";
import { checkData, type Schemas } from "./schema.ts";

/** What a server or client does for its peers. */
export interface PeerOwner<S extends AnySocket> {
  /** The handlers that answer the calls of every peer. */
  readonly handlers: Handlers<AnySocket>;
  /** The validators of what peers send. */
  readonly schemas: Schemas | undefined;
  /** Whether the stacks of handlers' errors are sent. */
  readonly sendStacks: boolean;
  /** A peer's connection was made or accepted, or is over. */
  tellConnection(state: "open" | "closed"): void;
  /** Server: the client has said who it is. */
  handleHello?(peer: Peer<S>, hello: Hello): void;
  /** Client: the server has accepted. */
  handleWelcome?(peer: Peer<S>, welcome: Welcome): void;
  /** The peer's socket has heard an event, which surfaces on the owner too. */
  handleEvent(event: string, data: unknown, socket: S, context: EventContext): void;
  /** The peer has answered a `userPing`. */
  handlePong(pong: unknown, socket: S): void;
  /** Server: a client has sent something for another one; with a `callId` it is a call. */
  handleRelay?(
    peer: Peer<S>,
    message: Relayed,
    callId: number | undefined,
    streams: readonly InboundStream[] | undefined,
  ): void;
  /** Tell whether anybody listens to an event of every peer. */
  hears(event: string): boolean;
  /** Something was dropped that harms nothing else. */
  handleReport(error: unknown, socket: S): void;
  /** The connection is gone, and the session waits for another one. */
  handleParked(peer: Peer<S>, end: SessionEnd): void;
  /** The session goes on over another connection. */
  handleResumed(peer: Peer<S>): void;
  /** Client: the server asks to finish within so many milliseconds, and to come back. */
  handleLeave?(peer: Peer<S>, within: number): void;
  /** The session is over. */
  handleClosed(peer: Peer<S>, end: SessionEnd): void;
}

/** A call of the peer that has no outcome. */
interface RunningCall {
  /** Nobody waits for the reply any more. */
  cancel(): void;
}

/** The process at the other end of a session, from the first byte of its first connection to its end. */
export class Peer<S extends AnySocket> implements SessionSink {
  readonly driver: Driver;
  /** The socket, once there is one. */
  socket: S | undefined;
  /** The mark of the password that the session is under. */
  readonly generation: number;
  /** True if the session is encrypted. */
  readonly sealed: boolean;
  readonly #owner: PeerOwner<S>;
  /** True until its connection was told to be over. */
  #hasConnection = true;
  #calls: Map<number, RunningCall> | undefined;

  constructor(
    connection: Connection,
    options: SessionOptions,
    generation: number,
    owner: PeerOwner<S>,
  ) {
    this.#owner = owner;
    this.generation = generation;
    this.sealed = options.security !== undefined;
    const streams = new StreamPort(this);
    this.driver = new Driver(new Session({ ...options, streams }), connection, this);
    owner.tellConnection("open");
  }

  /** Whether the stacks of errors are sent. */
  get sendStacks(): boolean {
    return this.#owner.sendStacks;
  }

  handleHello(hello: Hello): void {
    this.#owner.handleHello?.(this, hello);
  }

  handleWelcome(welcome: Welcome): void {
    this.#owner.handleWelcome?.(this, welcome);
  }

  handleEvent(event: string, data: unknown, streams?: readonly InboundStream[]): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (event === "ipc:report") {
      this.#owner.handleReport(data, socket);
    } else if (event === "drain") {
      // A socket's own queue is its own business: it does not surface on the owner.
      raiseOn(socket, event, data);
    } else if (event === "user-pong") {
      raiseOn(socket, event, data);
      this.#owner.handlePong(data, socket);
    } else {
      this.#raise(socket, event, data, ofThePeer, streams);
    }
  }

  handleRelayed(
    message: Relayed,
    callId: number | undefined,
    streams: readonly InboundStream[] | undefined,
  ): void {
    const { socket } = this;
    if (socket === undefined) return;
    const { id, name, event, data } = message;
    if (this.#owner.handleRelay !== undefined) {
      this.#owner.handleRelay(this, message, callId, streams);
    } else if (callId === undefined) {
      this.#raise(socket, event, data, { from: { id, name } }, streams);
    } else {
      this.handleCall(callId, event, data, streams, { id, name });
    }
  }

  handleCall(
    id: number,
    event: string,
    data: unknown,
    streams?: readonly InboundStream[],
    from?: Sender,
  ): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (callChannel.hasSubscribers) {
      callChannel.publish({ direction: "inbound", event, id: socket.id, call: true });
    }
    const entry = handlerOn(socket, event) ?? this.#owner.handlers.get(event);
    if (entry === undefined) {
      this.#refuse(id, "IPC_NO_HANDLER", `"${event}"`);
      cancelUnread(streams);
      return;
    }
    const verdict = checkData(this.#owner.schemas, event, data);
    if (!verdict.ok) {
      this.#refuse(id, "IPC_INVALID_DATA", `"${event}": ${verdict.why}`);
      cancelUnread(streams);
      // The caller is told of its own mistakes; of a validator's, those who gave it are.
      if ("cause" in verdict) this.#owner.handleReport(misfit("call", event, verdict), socket);
    } else {
      const how = { sendStack: this.#owner.sendStacks, from };
      const call = new InboundCall<AnySocket>(id, socket, this.driver, how);
      this.track(id, call);
      call.run(entry, verdict.data, () => this.untrack(id));
    }
  }

  /** A call of the peer is under way: it is to hear that nobody waits for it any more. */
  track(id: number, call: RunningCall): void {
    this.#calls ??= new Map();
    this.#calls.set(id, call);
  }

  /** A call of the peer has its outcome. */
  untrack(id: number): void {
    this.#calls?.delete(id);
  }

  handleCancel(id: number): void {
    this.#calls?.get(id)?.cancel();
  }

  handleReply(call: Call, reply: Reply): void {
    if (call instanceof OutboundCall || call instanceof RelayedCall) call.settle(reply);
  }

  handleFlushed(mark: object, error: ProtocolError | undefined): void {
    if (mark instanceof Flush) mark.settle(error);
  }

  handleParked(end: SessionEnd): void {
    this.#tellClosed();
    this.#owner.handleParked(this, end);
  }

  handleResumed(): void {
    // The connection was told of when the session began that was to take this one up.
    this.#hasConnection = true;
    this.#owner.handleResumed(this);
  }

  handleLeave(within: number): void {
    this.#owner.handleLeave?.(this, within);
  }

  handleClosed(end: SessionEnd): void {
    for (const call of this.#calls?.values() ?? []) call.cancel();
    this.#tellClosed();
    this.#owner.handleClosed(this, end);
  }

  /** Deliver nothing until the loop has turned, so that listeners attached after an `await` miss nothing. */
  holdForOneTurn(): void {
    this.driver.hold();
    setImmediate(release, this.driver);
  }

  #tellClosed(): void {
    if (!this.#hasConnection) return;
    this.#hasConnection = false;
    this.#owner.tellConnection("closed");
  }

  #refuse(id: number, failure: CallFailure, explanation: string): void {
    this.driver.session.calls.refuse(id, failure, explanation);
    this.driver.noteQueued();
  }

  #raise(
    socket: S,
    event: string,
    data: unknown,
    context: EventContext,
    streams: readonly InboundStream[] | undefined,
  ): void {
    if (messageChannel.hasSubscribers) {
      messageChannel.publish({ direction: "inbound", event, id: socket.id });
    }
    const verdict = checkData(this.#owner.schemas, event, data);
    if (verdict.ok) {
      if (streams !== undefined && !this.#hears(socket, event)) cancelUnread(streams);
      hearOn(socket, event, verdict.data, context);
      this.#owner.handleEvent(event, verdict.data, socket, context);
    } else {
      this.#owner.handleReport(misfit("event", event, verdict), socket);
      cancelUnread(streams);
    }
  }

  #hears(socket: S, event: string): boolean {
    return listenersOn(socket).hears(event) || this.#owner.hears(event);
  }
}

function release(driver: Driver): void {
  driver.release();
}
