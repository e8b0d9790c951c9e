import { type Connection, realTime } from "@ipc/transport";
import type { Hello, Welcome } from "@ipc/protocol";
import type { AnySocket } from "../ipc-socket.ts";
import type { Peer } from "../socket/peer.ts";
import type { Credential } from "../encryption.ts";

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

/** The hello of a client: its name, and the id and token by which a server knows it again. */
export class ClientIntroduction {
  readonly #name: string;
  readonly #version: string | undefined;
  #given: Welcome | undefined;
  /** The protection under which that was given. */
  #under: Credential | undefined;

  constructor(name: string, version: string | undefined) {
    this.#name = name;
    this.#version = version;
  }

  /** The hello of a new session. What was given under one credential is never said under another. */
  hello(credential: Credential): Hello {
    const { id, token } = (this.#under === credential ? this.#given : undefined) ?? {};
    return { name: this.#name, pid: process.pid, version: this.#version, id, token };
  }

  /** Keep what a server has given. */
  keep(welcome: Welcome, credential: Credential): void {
    this.#given = welcome;
    this.#under = credential;
  }
}

/** Milliseconds between two looks. */
const period = 50;

/** Milliseconds by which any timer may be late without a blocked loop. */
const tolerated = 25;

/** Measures for how long the own loop was blocked while it is watched. */
class LoopWatch {
  #timer: NodeJS.Timeout | undefined;
  #lookAt = 0;
  #blocked = 0;

  /** Milliseconds for which the loop was blocked since `start`. */
  get blocked(): number {
    return this.#blocked + (this.#timer === undefined ? 0 : this.#late());
  }

  /** Watch from now on; what was measured before is forgotten. */
  start(): void {
    this.stop();
    this.#blocked = 0;
    this.#look();
  }

  /** Watch no longer; what was measured stays. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#blocked += this.#late();
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The time of a look has come. */
  handleTimer(): void {
    this.#blocked += this.#late();
    this.#look();
  }

  #look(): void {
    this.#lookAt = realTime.now() + period;
    this.#timer = realTime.setTimeout(look, period, this).unref();
  }

  #late(): number {
    const late = realTime.now() - this.#lookAt;
    return late > tolerated ? late : 0;
  }
}

function look(watch: LoopWatch): void {
  watch.handleTimer();
}
