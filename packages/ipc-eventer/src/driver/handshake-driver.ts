import {
  type CloseReason,
  Handshake,
  type HandshakeOptions,
  type HandshakePhase,
  type HandshakeSink,
  type Hello,
  type ProtocolError,
  type SessionEnd,
  type Welcome,
} from "@ipc/protocol";
import { type Connection, realTime } from "@ipc/transport";
import type { Credential } from "../encryption.ts";
import { type ConnectionDriver, ConnectionEnd, nowhere } from "./connection-end.ts";
import { type DeadlineOwner, DeadlineTimer } from "./deadline-timer.ts";

/** The part of a server or client that the handshakes of its connections call. */
export interface HandshakeOwner {
  /** Server: the hello of a client has come. Let a session take the handshake, or close it. */
  handleHello?(begun: HandshakeDriver, hello: Hello): void;
  /** Client: the server has accepted. Let a session take the handshake, or close it. */
  handleWelcome?(begun: HandshakeDriver, welcome: Welcome): void;
  /** The handshake has failed or was closed, and its connection is over. */
  handleNotOpened(begun: HandshakeDriver, end: SessionEnd): void;
}

/** Joins a handshake to its connection, until a session takes both. */
export class HandshakeDriver implements ConnectionDriver, DeadlineOwner, HandshakeSink {
  readonly handshake: Handshake;
  /** The protection that the connection is under. */
  readonly credential: Credential;
  readonly #owner: HandshakeOwner;
  readonly #timer: DeadlineTimer;
  /** The connection; `undefined` when it is over or a session has it. */
  #end: ConnectionEnd | undefined;
  #scheduled = false;

  constructor(
    connection: Connection,
    options: HandshakeOptions,
    credential: Credential,
    owner: HandshakeOwner,
  ) {
    this.handshake = new Handshake(options);
    this.credential = credential;
    this.#owner = owner;
    this.#timer = new DeadlineTimer(this);
    this.#end = new ConnectionEnd(connection, this);
    this.#schedule();
  }

  get phase(): HandshakePhase {
    return this.handshake.phase;
  }

  /** Give the connection to the driver of a session that has taken the handshake. */
  giveUp(driver: ConnectionDriver): ConnectionEnd | undefined {
    const end = this.#end;
    this.#end = undefined;
    this.#timer.clear();
    if (end !== undefined) end.driver = driver;
    return end;
  }

  /**
   * Refuse the peer. It is told why, but its own end is not waited for: a server that refuses many cannot keep a
   * descriptor for each.
   */
  refuse(error: ProtocolError): void {
    this.handshake.refuse(error, realTime.now());
    this.#pump();
    this.#end?.connection.abort();
  }

  /** End over an error of the peer, and wait for its own end. */
  fail(error: ProtocolError): void {
    this.handshake.refuse(error, realTime.now());
    this.#schedule();
  }

  /** Say bye; a server says what it had `received` of a client that came back for a session which it has ended. */
  close(reason: CloseReason, message?: string, received?: number): void {
    this.handshake.close({ reason, message, received }, realTime.now());
    this.#schedule();
  }

  /** Say bye, and do not wait for the peer's own end. */
  dismiss(reason: CloseReason, message?: string): void {
    this.handshake.close({ reason, message }, realTime.now());
    this.#pump();
    this.#end?.connection.abort();
  }

  /** Let the connection keep the process alive. */
  ref(): void {
    this.#end?.connection.ref();
  }

  /** Let the process end although the connection is open. */
  unref(): void {
    this.#end?.connection.unref();
  }

  handleChunk(chunk: Uint8Array): void {
    this.handshake.handleBytes(chunk, realTime.now());
    this.#pump();
  }

  handleDrain(): void {
    this.handshake.handleDrain();
    this.#pump();
  }

  handleClose(error: Error | undefined): void {
    this.#end = undefined;
    this.handshake.handleDisconnect(error);
    this.#pump();
  }

  handleDeadline(lag: number): void {
    this.handshake.handleTimeout(realTime.now(), lag);
    this.#pump();
  }

  /** The tick in which something was asked of the handshake is over. */
  handleTick(): void {
    this.#scheduled = false;
    this.#pump();
  }

  handleHello(hello: Hello): void {
    this.#owner.handleHello?.(this, hello);
  }

  handleWelcome(welcome: Welcome): void {
    this.#owner.handleWelcome?.(this, welcome);
  }

  handleClosed(end: SessionEnd): void {
    this.#owner.handleNotOpened(this, end);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    realTime.nextTick(tick, this);
  }

  /** Take every output of the handshake. */
  #pump(): void {
    const { handshake } = this;
    handshake.deliver(this);
    if (handshake.phase === "taken") return;
    handshake.writeOut(this.#end?.connection ?? nowhere);
    if (handshake.phase === "closing" && handshake.flushed) this.#end?.connection.close();
    if (handshake.phase === "closed") {
      this.#end?.connection.abort();
      this.#timer.clear();
      handshake.deliver(this);
    } else {
      this.#timer.watch(handshake.deadline);
    }
  }
}

// A shared function with the driver as argument: no closure per tick.
function tick(driver: HandshakeDriver): void {
  driver.handleTick();
}
