import { type Hello, Session, type SessionEnd, type SessionOptions } from "@ipc/protocol";
import type { SessionSink, Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import { Driver } from "./driver.ts";
import { type IPCSocket, raiseOn } from "./ipc-socket.ts";

/** What a server or client does for its peers. */
export interface PeerOwner<S extends IPCSocket> {
  /** Server: the client has said who it is. */
  handleHello?(peer: Peer<S>, hello: Hello): void;
  /** Client: the server has accepted. */
  handleWelcome?(peer: Peer<S>, welcome: Welcome): void;
  /** The peer's socket has heard an event, which surfaces on the owner too. */
  handleEvent(event: string, data: unknown, socket: S): void;
  /** Something was dropped that harms nothing else. */
  handleReport(error: unknown, socket: S): void;
  /** The connection is over. */
  handleClosed(peer: Peer<S>, end: SessionEnd): void;
}

/** The process at the other end of one connection, from its first byte to its last. */
export class Peer<S extends IPCSocket> implements SessionSink {
  readonly driver: Driver;
  /** The socket, once the session is open. */
  socket: S | undefined;
  /** The mark of the password that the session is under. */
  readonly generation: number;
  /** True if the session is encrypted. */
  readonly sealed: boolean;
  readonly #owner: PeerOwner<S>;

  constructor(
    connection: Connection,
    options: SessionOptions,
    generation: number,
    owner: PeerOwner<S>,
  ) {
    this.#owner = owner;
    this.generation = generation;
    this.sealed = options.security !== undefined;
    this.driver = new Driver(new Session(options), connection, this);
  }

  handleHello(hello: Hello): void {
    this.#owner.handleHello?.(this, hello);
  }

  handleWelcome(welcome: Welcome): void {
    this.#owner.handleWelcome?.(this, welcome);
  }

  handleEvent(event: string, data: unknown): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (event === "ipc:report") {
      this.#owner.handleReport(data, socket);
      return;
    }
    raiseOn(socket, event, data);
    // A socket's own queue is its own business.
    if (event !== "drain") this.#owner.handleEvent(event, data, socket);
  }

  handleClosed(end: SessionEnd): void {
    this.#owner.handleClosed(this, end);
  }

  /** Deliver nothing until the loop has turned, so that listeners attached after an `await` miss nothing. */
  holdForOneTurn(): void {
    this.driver.hold();
    setImmediate(release, this.driver);
  }
}

function release(driver: Driver): void {
  driver.release();
}
