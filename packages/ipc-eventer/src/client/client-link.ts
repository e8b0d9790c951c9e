import type { OptionNames, SessionEnd, Welcome } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { Announcer } from "../socket/announcer.ts";
import { ClientConnection } from "./client-connection.ts";
import { type ClientSession, ClientSessions } from "./client-sessions.ts";
import { ConnectWaiters } from "./connect-waiters.ts";
import { Dialer } from "./dialer.ts";
import type { Credential, Encryption } from "../encryption.ts";
import { IPCError, refusedByServer } from "../error.ts";
import type { Handlers } from "../calls/handlers.ts";
import type { AnySocket } from "../ipc-socket.ts";
import {
  defaultAnswerTimeout,
  endMistake,
  reasonMistake,
  waitMistake,
} from "../option-mistakes.ts";
import {
  backoffOf,
  callTimeoutOf,
  type ConnectOptions,
  type IPCClientOptions,
} from "../options.ts";
import type { Peer, PeerOwner } from "../socket/peer.ts";
import { validatorsOf } from "../socket/schema.ts";
import { Redialing } from "./redialing.ts";
import { RunningCalls } from "../calls/running-calls.ts";

/** Options of `client.disconnect()`. */
export interface DisconnectOptions {
  /**
   * Milliseconds in which the handlers that run may still answer. Default 5 s; 0 does not wait. Then
   * their signals are aborted, and the calls are lost.
   */
  readonly timeout?: number | undefined;
}

const disconnectOptions: OptionNames<DisconnectOptions> = { timeout: true };

const connectOptions: OptionNames<ConnectOptions> = { signal: true, timeout: true };

/** A client's way to its server: what follows from what its connection and its session go through. */
export class ClientLink {
  readonly #dialer: Dialer;
  readonly #announcer: Announcer;
  readonly #redialing: Redialing;
  readonly #owner: PeerOwner<AnySocket>;
  readonly #waiters: ConnectWaiters<AnySocket>;
  readonly #connection: ClientConnection;
  readonly #sessions: ClientSessions;
  readonly #running = new RunningCalls();

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    endpoint: string,
    name: string,
    options: Omit<IPCClientOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#announcer = announcer;
    encryption.hearChanges(() => this.#checkCredential());
    this.#waiters = new ConnectWaiters(endpoint, {
      handleGivenUp: (error) => announcer.report(error),
      handleDeserted: () => this.#deserted(),
    });
    this.#dialer = new Dialer(endpoint, name, options, encryption);
    this.#sessions = new ClientSessions(
      {
        name,
        callTimeout: callTimeoutOf(options),
        carries: options.reconnect === true && options.carryUnsent !== false,
        leave: (reason) => void this.disconnect(reason),
      },
      announcer,
    );
    this.#redialing = new Redialing({
      reconnect: options.reconnect === true,
      backoff: backoffOf(options),
      patience: this.#dialer.limits.handshakeTimeout,
    });
    this.#connection = new ClientConnection({
      dial: (signal) => this.#dialer.dial(signal),
      introduce: (connection) => {
        return this.#dialer.introduce(connection, this.#owner, this.#sessions.current?.peer);
      },
      handleFailure: (error) => this.#failed(error),
    });
    this.#owner = {
      handlers,
      running: this.#running,
      validators: validatorsOf(options.schemas),
      sendStacks: options.sendStacks === true,
      tellConnection: (state) => announcer.tellConnection(state),
      handleWelcome: (peer, welcome) => this.#welcomed(peer, welcome),
      handleEvent: (event, data, socket) => announcer.surface(event, data, socket),
      handlePong: (pong, socket) => announcer.surface("user-pong", pong, socket),
      hears: (event) => announcer.hears(event),
      handleReport: (error, socket) => announcer.reportSummed(error, socket),
      handleParked: (peer, end) => this.#parked(peer, end),
      handleResumed: () => this.#sessions.resumed(),
      handleLeave: (peer, within) => this.#asked(peer, within),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** The socket of the session, which may wait for a connection; `undefined` while there is none. */
  get socket(): AnySocket | undefined {
    return this.#sessions.current?.socket;
  }

  /** The session that is not over, with or without a connection. */
  get session(): ClientSession | undefined {
    return this.#sessions.current;
  }

  /** See `IPCClient.connect`. */
  connect(options: ConnectOptions = {}): Promise<AnySocket> {
    const mistake = waitMistake("connect", options, connectOptions);
    if (mistake !== undefined) return Promise.reject(mistake);
    if (options.signal?.aborted === true) return this.#waiters.refuse(options.signal);
    const { socket } = this;
    if (this.#connection.phase === "open" && socket !== undefined) return Promise.resolve(socket);
    const promise = this.#waiters.add(options);
    const { phase } = this.#connection;
    if (phase === "idle") this.#redialing.begin(realTime.now());
    if (phase === "idle" || phase === "waiting") this.#connection.dial();
    return promise;
  }

  /** See `IPCClient.disconnect`. */
  disconnect(reason: string | undefined, options?: DisconnectOptions): Promise<void> {
    const mistake =
      reasonMistake("disconnect", reason) ?? endMistake("disconnect", options, disconnectOptions);
    if (mistake !== undefined) return Promise.reject(mistake);
    const timeout = options?.timeout ?? defaultAnswerTimeout;
    if (this.#waiters.size > 0) {
      const text = "disconnect() was called before a session was open.";
      this.#waiters.reject(new IPCError("IPC_CLOSED", text), true);
    }
    const begin = (): Promise<void> => this.#leave(reason, timeout);
    return this.#running.waitFor(begin, (error) => void this.#announcer.report(error));
  }

  /** Let the connection, or the wait for the next attempt, keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#connection.hold(refed);
  }

  #welcomed(peer: Peer<AnySocket>, welcome: Welcome): void {
    this.#dialer.keep(welcome, peer.credential);
    const { current } = this.#sessions;
    if (welcome.recovery?.resumed === true && current !== undefined) {
      this.#goOn(current, peer);
      return;
    }
    current?.peer.driver.lose(welcome.recovery?.received);
    // A listener of the lost session may have called disconnect().
    if (this.#connection.phase === "opening") this.#begin(peer, welcome.id);
  }

  /** The session goes on over the connection that was opened for it. */
  #goOn({ peer, socket }: ClientSession, begun: Peer<AnySocket>): void {
    this.#connection.open(peer);
    this.#redialing.connected(realTime.now());
    // Before listeners hear of it: one may call disconnect(), which is not to be undone.
    this.#waiters.resolve(socket);
    peer.driver.takeOver(begun.driver);
  }

  #begin(peer: Peer<AnySocket>, id: string): void {
    this.#running.open();
    const session = this.#sessions.begin(peer, id);
    this.#connection.open(peer);
    this.#redialing.connected(realTime.now());
    peer.holdForOneTurn();
    this.#waiters.resolve(session.socket);
    this.#sessions.announce(session);
  }

  /** The connection is gone, and the session waits for the next. */
  #parked(peer: Peer<AnySocket>, end: SessionEnd): void {
    const { state } = this.#connection;
    if (state.phase !== "open" || state.peer !== peer) {
      // The application has called disconnect(): nothing can be answered now.
      this.#sessions.parked(end);
      if (state.phase === "closing" && state.peer === peer) peer.driver.close("requested");
      return;
    }
    const over = this.#connection.rest();
    const wait = this.#redialing.afterLoss(end, realTime.now());
    this.#sessions.parked(end);
    this.#checkCredential();
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#connection.state === over) this.#connection.dialIn(wait);
  }

  /** The server asks to finish, and to come back: another process takes its place. */
  #asked({ driver }: Peer<AnySocket>, within: number): void {
    const now = realTime.now();
    this.#redialing.move(now);
    driver.session.leave(within, now, this.#sessions.carries);
    driver.schedule();
  }

  #closed(peer: Peer<AnySocket>, end: SessionEnd): void {
    const isCurrent = this.#sessions.current?.peer === peer;
    const { state } = this.#connection;
    if (!("peer" in state) || state.peer !== peer) {
      // A session that waited for a connection and got none.
      if (isCurrent) this.#sessions.over(end, this.#next(this.#redialing.persists));
      return;
    }
    this.#connection.rest();
    if (isCurrent) this.#lost(end, state.phase === "open");
    else if (state.phase === "opening") this.#failed(end.error ?? refusedByServer(end));
    this.#connection.tellClosed();
    // A connect() called while the old connection was closing.
    if (this.#connection.phase === "idle" && this.#waiters.size > 0) {
      this.#redialing.begin(realTime.now());
      this.#connection.dial();
    }
  }

  /** The credential of the next session, if one is to follow. */
  #next(another: boolean): Credential | undefined {
    return another ? this.#dialer.credential : undefined;
  }

  /** The session has ended with its connection, by whatever end. */
  #lost(end: SessionEnd, unexpected: boolean): void {
    const over = this.#connection.state;
    const wait = unexpected ? this.#redialing.afterLoss(end, realTime.now()) : undefined;
    this.#sessions.over(end, this.#next(wait !== undefined));
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#connection.state === over) this.#connection.dialIn(wait);
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    // A session that waited for it has a deadline of its own again.
    this.#sessions.current?.peer.driver.schedule();
    const { wait, silent } = this.#redialing.afterFailure(
      error,
      realTime.now(),
      this.#connection.blocked,
    );
    if (wait === undefined) {
      this.#connection.rest();
      // A listener may call connect() anew: that is another attempt, with a promise of its own.
      this.#waiters.reject(error, this.#announcer.hearsErrors);
      this.#sessions.abandon("lost");
      this.#announcer.report(error);
      return;
    }
    this.#waiters.noteFailure(error);
    const failed = this.#connection.state;
    // A server that turns each attempt away is asked again within 100 ms.
    if (!silent) this.#announcer.reportSummed(error, undefined, true);
    this.#checkCredential();
    // A listener may have called connect() or disconnect() already.
    if (this.#connection.state === failed) this.#connection.dialIn(wait);
  }

  /** End what cannot go on under the credential in force, unless a connection of the former one is being asked. */
  #checkCredential(): void {
    if (this.#connection.phase !== "opening") this.#sessions.change(this.#dialer.credential);
  }

  #leave(message: string | undefined, within: number): Promise<void> {
    const { phase } = this.#connection;
    this.#redialing.giveUp();
    const answers = phase === "open" && this.#running.size > 0;
    const answered = answers ? this.#running.finish(within) : undefined;
    const left = this.#connection.leave(message, answered);
    // Last, for listeners hear of it, which may call connect() or disconnect().
    if (phase !== "open" && phase !== "closing") this.#sessions.abandon("requested", message);
    return left;
  }

  /** No promise of `connect` is left: stop trying, unless the client is to stay connected. */
  #deserted(): void {
    if (!this.#redialing.persists) void this.#leave(undefined, 0);
  }
}
