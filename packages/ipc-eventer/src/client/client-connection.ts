import type { Connection } from "@ipc/transport";
import { realTime } from "@ipc/transport";
import type { AnySocket } from "../ipc-socket.ts";
import { LoopWatch } from "./loop-watch.ts";
import type { Peer } from "../socket/peer.ts";

/** Where a client's connection stands. */
export type ClientState =
  | { readonly phase: "idle" }
  /** A connection is being opened. */
  | { readonly phase: "dialing"; readonly giveUp: AbortController }
  /** The handshake is under way. */
  | { readonly phase: "opening"; readonly peer: Peer<AnySocket> }
  /** It carries the session. */
  | { readonly phase: "open"; readonly peer: Peer<AnySocket> }
  /** The time of the next attempt is awaited. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  /** Goodbye was said; the end of the connection is awaited. */
  | { readonly phase: "closing"; readonly peer: Peer<AnySocket> };

/** The client, as its connection calls it. */
export interface ClientConnectionOwner {
  /** Dial once. */
  dial(signal: AbortSignal): Promise<Connection>;
  /** Begin a session over a connection that was opened. */
  introduce(connection: Connection): Peer<AnySocket>;
  /** An attempt to dial has failed. */
  handleFailure(error: unknown): void;
}

/** A client's connection, from the dial to the goodbye: the only place that changes its state. */
export class ClientConnection {
  readonly #owner: ClientConnectionOwner;
  readonly #whenClosed: (() => void)[] = [];
  readonly #watch = new LoopWatch();
  #state: ClientState = { phase: "idle" };
  #refed = true;

  constructor(owner: ClientConnectionOwner) {
    this.#owner = owner;
  }

  /** Another object after each change, by which code that calls listeners sees that one has acted. */
  get state(): ClientState {
    return this.#state;
  }

  /** Milliseconds for which the own loop was blocked during the last attempt. */
  get blocked(): number {
    return this.#watch.blocked;
  }

  get phase(): ClientState["phase"] {
    return this.#state.phase;
  }

  /** Open one, now. */
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

  /** Open one in so many milliseconds. */
  dialIn(delay: number): void {
    this.#watch.stop();
    this.#state = { phase: "waiting", timer: realTime.setTimeout(() => this.dial(), delay) };
    this.#applyRef();
  }

  /** It carries the session of this peer. */
  open(peer: Peer<AnySocket>): void {
    this.#watch.stop();
    this.#state = { phase: "open", peer };
  }

  /** There is none, and none is wanted. */
  rest(): ClientState {
    this.#watch.stop();
    this.#state = { phase: "idle" };
    return this.#state;
  }

  /**
   * End it, or what leads to one, a session when `answered` is fulfilled. Fulfilled when it is over;
   * there, the client says so with `tellClosed`.
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
      case "open":
        this.#watch.stop();
        this.#state = { phase: "closing", peer: state.peer };
        // The last bytes hold the process until they have left.
        state.peer.driver.ref();
        if (answered === undefined) sayGoodbye(state.peer, message);
        else void answered.then(() => sayGoodbye(state.peer, message));
        break;
      case "closing":
        break;
    }
    return new Promise((resolve) => {
      this.#whenClosed.push(resolve);
    });
  }

  /** Settle the promises that wait for the end. */
  tellClosed(): void {
    for (const closed of this.#whenClosed.splice(0)) closed();
  }

  /** Let it, or the wait for the next attempt, keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#refed = refed;
    this.#applyRef();
  }

  #dialed(connection: Connection, giveUp: AbortController): void {
    if (giveUp.signal.aborted) {
      connection.abort();
      return;
    }
    this.#state = { phase: "opening", peer: this.#owner.introduce(connection) };
    this.#applyRef();
  }

  #applyRef(): void {
    const state = this.#state;
    // A goodbye always holds the process.
    if (state.phase === "closing") return;
    const target =
      state.phase === "waiting" ? state.timer : "peer" in state ? state.peer.driver : undefined;
    if (this.#refed) target?.ref();
    else target?.unref();
  }
}

function sayGoodbye(peer: Peer<AnySocket>, message: string | undefined): void {
  peer.cancelCalls();
  peer.driver.close("requested", message);
}
