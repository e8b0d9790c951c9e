import { type Connection, realTime } from "@ipc/transport";
import type { HandshakeDriver } from "../driver/handshake-driver.ts";
import type { AnySocket } from "../ipc-socket.ts";
import type { Peer } from "../socket/peer.ts";
import { LoopWatch } from "./loop-watch.ts";

/** The states of a client's connection. */
export type ClientState =
  | { readonly phase: "idle" }
  /** A connection is being opened. */
  | { readonly phase: "dialing"; readonly giveUp: AbortController }
  /** The handshake is under way. */
  | { readonly phase: "opening"; readonly begun: HandshakeDriver }
  /** The connection carries the session. */
  | { readonly phase: "open"; readonly peer: Peer<AnySocket> }
  /** The next attempt is made when the timer fires. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  /** The session or handshake is closing; the end of the connection is awaited. */
  | { readonly phase: "closing"; readonly closing: Peer<AnySocket> | HandshakeDriver };

/** The part of a client that its connection calls. */
export interface ClientConnectionOwner {
  /** Dials once. */
  dial(signal: AbortSignal): Promise<Connection>;
  /** Begins the handshake of a connection. */
  open(connection: Connection): HandshakeDriver;
  /** An attempt to dial has failed. */
  handleFailure(error: unknown): void;
}

/** A client's connection, from the dial to the end: only this class changes its state. */
export class ClientConnection {
  readonly #owner: ClientConnectionOwner;
  readonly #whenClosed: (() => void)[] = [];
  readonly #watch = new LoopWatch();
  #state: ClientState = { phase: "idle" };
  #refed = true;

  constructor(owner: ClientConnectionOwner) {
    this.#owner = owner;
  }

  /** The state, a new object after each change: code that has called listeners compares it. */
  get state(): ClientState {
    return this.#state;
  }

  /** Milliseconds for which the event loop was blocked during the last attempt. */
  get blocked(): number {
    return this.#watch.blocked;
  }

  get phase(): ClientState["phase"] {
    return this.#state.phase;
  }

  /** Opens a connection now. */
  dial(): void {
    if (this.#state.phase === "waiting") realTime.clearTimeout(this.#state.timer);
    const giveUp = new AbortController();
    this.#watch.start();
    this.#state = { phase: "dialing", giveUp };
    this.#owner.dial(giveUp.signal).then(
      (connection) => this.#dialed(connection, giveUp),
      (error: unknown) => {
        if (!giveUp.signal.aborted) this.#owner.handleFailure(error);
      },
    );
  }

  /** Opens a connection in so many milliseconds. */
  dialIn(delay: number): void {
    this.#watch.stop();
    this.#state = { phase: "waiting", timer: realTime.setTimeout(() => this.dial(), delay) };
    this.#applyRef();
  }

  /** Notes that the connection carries the session of this peer. */
  open(peer: Peer<AnySocket>): void {
    this.#watch.stop();
    this.#state = { phase: "open", peer };
  }

  /** Notes that there is no connection, and none is wanted. Returns the new state. */
  rest(): ClientState {
    this.#watch.stop();
    this.#state = { phase: "idle" };
    return this.#state;
  }

  /**
   * Ends the connection, or the attempt to open one; a session is closed when `answered` is fulfilled. Fulfilled
   * at once or by `tellClosed`.
   */
  leave(message: string | undefined, answered?: Promise<void>): Promise<void> {
    const state = this.#state;
    switch (state.phase) {
      case "idle":
        this.rest();
        return Promise.resolve();
      case "dialing":
        this.rest();
        state.giveUp.abort();
        return Promise.resolve();
      case "waiting":
        this.rest();
        realTime.clearTimeout(state.timer);
        return Promise.resolve();
      case "opening":
        this.#watch.stop();
        this.#state = { phase: "closing", closing: state.begun };
        // The last bytes hold the process until they have left.
        state.begun.ref();
        state.begun.close("requested", message);
        break;
      case "open":
        this.#watch.stop();
        this.#state = { phase: "closing", closing: state.peer };
        state.peer.driver.ref();
        if (answered === undefined) close(state.peer, message);
        else void answered.then(() => close(state.peer, message));
        break;
      case "closing":
        break;
    }
    return new Promise((resolve) => {
      this.#whenClosed.push(resolve);
    });
  }

  /** Fulfils the promises that wait for the end. */
  tellClosed(): void {
    for (const closed of this.#whenClosed.splice(0)) closed();
  }

  /** Lets the connection, or the wait for the next attempt, keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#refed = refed;
    this.#applyRef();
  }

  #dialed(connection: Connection, giveUp: AbortController): void {
    if (giveUp.signal.aborted) {
      connection.abort();
      return;
    }
    this.#state = { phase: "opening", begun: this.#owner.open(connection) };
    this.#applyRef();
  }

  #applyRef(): void {
    const state = this.#state;
    // A closing session always holds the process.
    if (state.phase === "closing") return;
    const target = heldBy(state);
    if (this.#refed) target?.ref();
    else target?.unref();
  }
}

/** Returns the object that keeps the process alive in a state, if there is one. */
function heldBy(state: ClientState): { ref(): void; unref(): void } | undefined {
  if (state.phase === "waiting") return state.timer;
  if (state.phase === "opening") return state.begun;
  return state.phase === "open" ? state.peer.driver : undefined;
}

function close(peer: Peer<AnySocket>, message: string | undefined): void {
  peer.cancelCalls();
  peer.driver.close("requested", message);
}
