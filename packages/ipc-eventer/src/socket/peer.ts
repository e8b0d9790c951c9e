import {
  type ProtocolError,
  type Reply,
  Session,
  type SessionEnd,
  type Call,
  type InboundStream,
  type SessionOptions,
  type SessionSink,
} from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { Announcer } from "./announcer.ts";
import { messageChannel } from "../diagnostics/diagnostics.ts";
import { Driver } from "../driver/driver.ts";
import type { HandshakeDriver } from "../driver/handshake-driver.ts";
import type { Credential } from "../encryption.ts";
import { Flush } from "./flush.ts";
import { HandledCalls, type HandledCallsOwner } from "../calls/handled-calls.ts";
import { type AnySocket, setSocketState } from "../ipc-socket.ts";
import { OutboundCall } from "../calls/outbound-call.ts";
import { misfit } from "./schema.ts";
import { listenersOn } from "../listening/socket-events.ts";
import { cancelUnread } from "../streams/incoming-stream.ts";
import { StreamPort } from "../streams/stream-port.ts";

/** The process at the other end of a session. */
export class Peer<S extends AnySocket> implements SessionSink {
  readonly driver: Driver;
  /** The socket, once there is one. */
  socket: S | undefined;
  /** The socket that middleware was given, before it decides. */
  guest: S | undefined;
  /** The protection that the session is under. */
  readonly credential: Credential;
  readonly #owner: PeerOwner<S>;
  /** True until its connection was told to be over: the handshake has told that it is open. */
  #hasConnection = true;
  #calls: HandledCalls<S> | undefined;

  /** Begins a session over the connection of a handshake. */
  constructor(
    begun: HandshakeDriver,
    options: Omit<SessionOptions, "handshake" | "streams" | "now">,
    owner: PeerOwner<S>,
  ) {
    this.#owner = owner;
    this.credential = begun.credential;
    const { handshake } = begun;
    const streams = new StreamPort(this);
    const session = new Session({ ...options, handshake, streams, now: realTime.now() });
    this.driver = new Driver(session, begun, this);
  }

  /** Bytes read of the peer, over all connections of the session. */
  get receivedBytes(): number {
    return this.driver.session.receivedBytes;
  }

  /** True if the stacks of errors are sent. */
  get sendStacks(): boolean {
    return this.#owner.sendStacks;
  }

  /** The calls of the peer, made at its first: most peers never call. */
  get calls(): HandledCalls<S> {
    this.#calls ??= new HandledCalls(this.driver, this.#owner);
    return this.#calls;
  }

  handleEvent(event: string, data: unknown, streams?: readonly InboundStream[]): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (event === "ipc:report" || event === "drain" || event === "user-pong") {
      this.#handleOwn(event, data, socket);
      return;
    }
    if (messageChannel.hasSubscribers) {
      messageChannel.publish({ direction: "inbound", event, id: socket.id });
    }
    const { announcer, validators } = this.#owner;
    const verdict = validators?.check(event, data);
    if (verdict?.ok === false) {
      this.#owner.handleReport(misfit("event", event, verdict), socket);
      cancelUnread(streams);
      return;
    }
    const listeners = listenersOn(socket);
    if (streams !== undefined && !listeners.hears(event) && !announcer.hears(event)) {
      cancelUnread(streams);
    }
    const checked = verdict === undefined ? data : verdict.data;
    listeners.hear(event, checked);
    announcer.surface(event, checked, socket);
  }

  handleCall(id: number, event: string, data: unknown, streams?: readonly InboundStream[]): void {
    const { socket } = this;
    if (socket === undefined) return;
    this.calls.handle({ id, event, data, streams }, socket);
  }

  handleCancel(id: number): void {
    this.#calls?.cancel(id);
  }

  handleReply(call: Call, reply: Reply): void {
    if (call instanceof OutboundCall) call.settle(reply);
  }

  handleFlushed(mark: object, error: ProtocolError | undefined): void {
    if (mark instanceof Flush) mark.settle(error);
  }

  handleParked(end: SessionEnd): void {
    this.#tellClosed();
    this.#owner.handleParked(this, end);
  }

  handleResumed(): void {
    this.#hasConnection = true;
    this.#owner.handleResumed(this);
  }

  handleLeave(within: number): void {
    this.#owner.handleLeave?.(this, within);
  }

  handleClosed(end: SessionEnd): void {
    // First of all: what is emitted from now on is in no `lost`.
    const socket = this.socket ?? this.guest;
    if (socket !== undefined) setSocketState(socket, "over");
    this.#calls?.cancelAll();
    this.#tellClosed();
    this.#owner.handleClosed(this, end);
  }

  /** Tell the handlers of the peer's calls that none of them can be answered now. */
  cancelCalls(): void {
    this.#calls?.cancelAll();
  }

  /** Deliver nothing until the loop has turned, so that listeners attached after an `await` miss nothing. */
  holdForOneTurn(): void {
    this.driver.hold();
    realTime.setImmediate(release, this.driver);
  }

  #tellClosed(): void {
    if (!this.#hasConnection) return;
    this.#hasConnection = false;
    this.#owner.announcer.tellConnection("closed");
  }

  /** An event of the session's own. */
  #handleOwn(event: "ipc:report" | "drain" | "user-pong", data: unknown, socket: S): void {
    if (event === "ipc:report") {
      this.#owner.handleReport(data, socket);
      return;
    }
    listenersOn(socket).raise(event, data);
    // A socket's own queue is its own business: `drain` does not surface on the owner.
    if (event === "user-pong") this.#owner.announcer.surface(event, data, socket);
  }
}

function release(driver: Driver): void {
  driver.release();
}

/** The part of a server or client that its peers call. */
export interface PeerOwner<S extends AnySocket> extends HandledCallsOwner<S> {
  /** Tells the application what becomes of a peer, and of its events. */
  readonly announcer: Announcer;
  /** The connection is gone, and the session waits for another one. */
  handleParked(peer: Peer<S>, end: SessionEnd): void;
  /** The session goes on over another connection. */
  handleResumed(peer: Peer<S>): void;
  /** Client: the server asks to finish within so many milliseconds, and to come back. */
  handleLeave?(peer: Peer<S>, within: number): void;
  /** The session is over. */
  handleClosed(peer: Peer<S>, end: SessionEnd): void;
}
