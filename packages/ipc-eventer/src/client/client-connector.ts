import {
  type Hello,
  type MessageEncoder,
  type OptionNames,
  ProtocolError,
  type SessionEnd,
  type SessionLimits,
  type SlowConsumerPolicy,
  type Welcome,
} from "@ipc/protocol";
import { type Connection, realTime } from "@ipc/transport";
import type { Announcer } from "../socket/announcer.ts";
import { ClientConnection } from "./client-connection.ts";
import { type ClientSession, ClientSessions } from "./client-sessions.ts";
import { PendingConnects } from "./pending-connects.ts";
import { type Credential, type Encryption, securityOf } from "../encryption.ts";
import { IPCError, refusedByServer } from "../errors.ts";
import { HandshakeDriver, type HandshakeOwner } from "../driver/handshake-driver.ts";
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
  encoderOf,
  type IPCClientOptions,
  limitsOf,
  slowConsumerOf,
  transportOf,
} from "../options.ts";
import { Peer, type PeerOwner } from "../socket/peer.ts";
import { validatorsOf } from "../socket/schema.ts";
import { ReconnectPolicy } from "./reconnect-policy.ts";
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

/**
 * Connects a client: dials, begins and resumes sessions, and decides after each loss and failure what follows.
 *
 * The states are those of `ClientConnection`; `ReconnectPolicy` decides about further attempts.
 */
export class ClientConnector {
  readonly #endpoint: string;
  readonly #name: string;
  readonly #options: Omit<IPCClientOptions, "password">;
  readonly #encryption: Encryption;
  readonly #limits: SessionLimits;
  readonly #encoder: MessageEncoder;
  readonly #slowConsumer: SlowConsumerPolicy | undefined;
  readonly #announcer: Announcer;
  readonly #policy: ReconnectPolicy;
  readonly #owner: PeerOwner<AnySocket>;
  readonly #handshakeOwner: HandshakeOwner = {
    handleWelcome: (begun, welcome) => this.#welcomed(begun, welcome),
    handleNotOpened: (begun, end) => this.#notOpened(begun, end),
  };
  readonly #pending: PendingConnects<AnySocket>;
  readonly #connection: ClientConnection;
  readonly #sessions: ClientSessions;
  readonly #running = new RunningCalls();
  /** The last welcome, and the credential under which its id and token are valid. */
  #given: { readonly welcome: Welcome; readonly credential: Credential } | undefined;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    endpoint: string,
    name: string,
    options: Omit<IPCClientOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#endpoint = endpoint;
    this.#name = name;
    this.#options = options;
    this.#encryption = encryption;
    this.#announcer = announcer;
    this.#limits = limitsOf(options);
    this.#slowConsumer = slowConsumerOf(options);
    this.#encoder = encoderOf(options, this.#limits);
    encryption.hearChanges(() => this.#checkCredential());
    this.#pending = new PendingConnects(endpoint, {
      handleGivenUp: (error) => announcer.report(error),
      handleAllGivenUp: () => this.#allGivenUp(),
    });
    this.#sessions = new ClientSessions(
      {
        name,
        callTimeout: callTimeoutOf(options),
        carries: options.reconnect === true && options.carryUnsent !== false,
        leave: (reason) => void this.disconnect(reason),
      },
      announcer,
    );
    this.#policy = new ReconnectPolicy({
      reconnect: options.reconnect === true,
      backoff: backoffOf(options),
      patience: this.#limits.handshakeTimeout,
    });
    this.#connection = new ClientConnection({
      dial: (signal) => this.#dial(signal),
      open: (connection) => this.#open(connection),
      handleFailure: (error) => this.#failed(error),
    });
    this.#owner = {
      announcer,
      handlers,
      running: this.#running,
      validators: validatorsOf(options.schemas),
      sendStacks: options.sendStacks === true,
      handleReport: (error, socket) => announcer.reportSummed(error, socket),
      handleParked: (peer, end) => this.#parked(peer, end),
      handleResumed: () => this.#sessions.resumed(),
      handleLeave: (peer, within) => this.#askedToLeave(peer, within),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** The socket of the session, which may wait for a connection; `undefined` while there is none. */
  get socket(): AnySocket | undefined {
    return this.#sessions.current?.socket;
  }

  /** See `IPCClient.connect`. */
  connect(options: ConnectOptions = {}): Promise<AnySocket> {
    const mistake = waitMistake("connect", options, connectOptions);
    if (mistake !== undefined) return Promise.reject(mistake);
    if (options.signal?.aborted === true) return this.#pending.refuse(options.signal);
    const { socket } = this;
    if (this.#connection.phase === "open" && socket !== undefined) return Promise.resolve(socket);
    const promise = this.#pending.add(options);
    const { phase } = this.#connection;
    if (phase === "idle") this.#policy.begin(realTime.now());
    if (phase === "idle" || phase === "waiting") this.#connection.dial();
    return promise;
  }

  /** See `IPCClient.disconnect`. */
  disconnect(reason: string | undefined, options?: DisconnectOptions): Promise<void> {
    const mistake =
      reasonMistake("disconnect", reason) ?? endMistake("disconnect", options, disconnectOptions);
    if (mistake !== undefined) return Promise.reject(mistake);
    const timeout = options?.timeout ?? defaultAnswerTimeout;
    if (this.#pending.size > 0) {
      const text =
        "disconnect() was called before a session was open. Call connect() again to connect.";
      this.#pending.reject(new IPCError("IPC_CLOSED", text), true);
    }
    const begin = (): Promise<void> => this.#leave(reason, timeout);
    return this.#running.waitFor(begin, (error) => void this.#announcer.report(error));
  }

  /** Lets the connection, or the wait for the next attempt, keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#connection.hold(refed);
  }

  /** Dials once. Rejects with the password's, the system's or the transport's error, or the signal's reason. */
  async #dial(signal: AbortSignal): Promise<Connection> {
    await this.#encryption.ready();
    const { directory, owner } = this.#options;
    const timeout = this.#limits.handshakeTimeout;
    return transportOf(this.#options).dial(this.#endpoint, { directory, owner, timeout, signal });
  }

  /** Begins the handshake of a connection, which asks for a parked session to be resumed. */
  #open(connection: Connection): HandshakeDriver {
    const { inForce } = this.#encryption;
    const parked = this.#sessions.current?.peer;
    // Events emitted under one credential are not sent under another.
    const session = parked?.credential === inForce ? parked.driver.session : undefined;
    const recovers = this.#options.reconnect === true;
    const recovery = recovers ? (session?.resumption ?? {}) : undefined;
    const options = {
      role: "client",
      limits: this.#limits,
      serialization: this.#encoder.serialization.name,
      security: securityOf(inForce),
      hello: { ...this.#hello(inForce), recovery },
      now: realTime.now(),
    } as const;
    const begun = new HandshakeDriver(connection, options, inForce, this.#handshakeOwner);
    // The parked session waits for the answer.
    session?.keepUntil(begun.handshake.deadline);
    this.#announcer.tellConnection("open");
    return begun;
  }

  /** Makes the hello of a session. An id and token that came under another credential are not sent. */
  #hello(credential: Credential): Hello {
    const { version } = this.#options;
    const given = this.#given?.credential === credential ? this.#given.welcome : undefined;
    const { id, token } = given ?? {};
    return { name: this.#name, pid: process.pid, version, id, token };
  }

  #welcomed(begun: HandshakeDriver, welcome: Welcome): void {
    this.#given = { welcome, credential: begun.credential };
    const { current } = this.#sessions;
    current?.peer.driver.session.keepUntil(-Infinity);
    if (welcome.recovery?.resumed === true) {
      this.#resume(begun, welcome, current);
      return;
    }
    current?.peer.driver.lose(welcome.recovery?.received);
    // A listener of the lost session may have called disconnect().
    if (this.#connection.phase === "opening") this.#begin(begun, welcome.id);
  }

  /** Resumes the parked session over the connection of a handshake. */
  #resume(begun: HandshakeDriver, welcome: Welcome, current: ClientSession | undefined): void {
    if (current?.peer.driver.phase !== "parked") {
      // The application has closed it while the server was asked.
      begun.close("requested");
      return;
    }
    const { peer, socket } = current;
    if (!peer.driver.session.resumeWelcomed(begun.handshake, welcome)) {
      peer.driver.schedule();
      begun.fail(notFitting());
      return;
    }
    this.#connection.open(peer);
    this.#policy.connected(realTime.now());
    // Before listeners are called: one may call disconnect(), which must hold.
    this.#pending.resolve(socket);
    peer.driver.takeOver(begun);
  }

  #begin(begun: HandshakeDriver, id: string): void {
    this.#running.open();
    const options = {
      limits: this.#limits,
      encoder: this.#encoder,
      slowConsumer: this.#slowConsumer,
    };
    const peer: Peer<AnySocket> = new Peer(begun, options, this.#owner);
    const session = this.#sessions.begin(peer, id);
    this.#connection.open(peer);
    this.#policy.connected(realTime.now());
    peer.holdForOneTurn();
    this.#pending.resolve(session.socket);
    this.#sessions.announce(session);
  }

  /** Handles the end of a connection without a session. */
  #notOpened(begun: HandshakeDriver, end: SessionEnd): void {
    this.#announcer.tellConnection("closed");
    const session = this.#sessions.current?.peer.driver.session;
    session?.keepUntil(-Infinity);
    const { received } = begun.handshake;
    // The server has ended the session that was to be resumed.
    if (received !== undefined) session?.endParked(end, received);
    const { state } = this.#connection;
    if (state.phase === "opening" && state.begun === begun) {
      this.#connection.rest();
      this.#failed(end.error ?? refusedByServer(end));
    } else if (state.phase === "closing" && state.closing === begun) {
      this.#connection.rest();
    } else {
      return;
    }
    this.#afterEnd();
  }

  /** Handles the loss of the connection of a session that waits for the next one. */
  #parked(peer: Peer<AnySocket>, end: SessionEnd): void {
    const { state } = this.#connection;
    if (state.phase !== "open" || state.peer !== peer) {
      // The application has called disconnect(): calls cannot be answered any longer.
      this.#sessions.parked(end);
      if (state.phase === "closing" && state.closing === peer) peer.driver.close("requested");
      return;
    }
    const over = this.#connection.rest();
    const wait = this.#policy.afterLoss(end, realTime.now());
    this.#sessions.parked(end);
    this.#checkCredential();
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#connection.state === over) this.#connection.dialIn(wait);
  }

  /** Handles a server that hands over: the client finishes, and connects to the next one. */
  #askedToLeave({ driver }: Peer<AnySocket>, within: number): void {
    const now = realTime.now();
    this.#policy.move(now);
    driver.session.leave(within, now, this.#sessions.carries);
    driver.schedule();
  }

  #closed(peer: Peer<AnySocket>, end: SessionEnd): void {
    const isCurrent = this.#sessions.current?.peer === peer;
    const { state } = this.#connection;
    const isOpen = state.phase === "open" && state.peer === peer;
    if (!isOpen && !(state.phase === "closing" && state.closing === peer)) {
      // It has waited for a connection and got none.
      if (isCurrent) this.#sessions.over(end, this.#next(this.#policy.persists));
      return;
    }
    this.#connection.rest();
    if (isCurrent) this.#lost(end, isOpen);
    this.#afterEnd();
  }

  /** Fulfils what waits for the end of the connection, and dials for a connect() that was called meanwhile. */
  #afterEnd(): void {
    this.#connection.tellClosed();
    if (this.#connection.phase === "idle" && this.#pending.size > 0) {
      this.#policy.begin(realTime.now());
      this.#connection.dial();
    }
  }

  /** Returns the credential of the next session, if there is one. */
  #next(another: boolean): Credential | undefined {
    return another ? this.#encryption.inForce : undefined;
  }

  /** Handles the end of a session together with its connection. */
  #lost(end: SessionEnd, unexpected: boolean): void {
    const over = this.#connection.state;
    const wait = unexpected ? this.#policy.afterLoss(end, realTime.now()) : undefined;
    this.#sessions.over(end, this.#next(wait !== undefined));
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#connection.state === over) this.#connection.dialIn(wait);
  }

  /** Handles a failed attempt to connect. */
  #failed(error: unknown): void {
    // The parked session has its own deadline again.
    this.#sessions.current?.peer.driver.schedule();
    const { wait, silent } = this.#policy.afterFailure(
      error,
      realTime.now(),
      this.#connection.blocked,
    );
    if (wait === undefined) {
      this.#connection.rest();
      // A listener may call connect(): that is another attempt, with another promise.
      this.#pending.reject(error, this.#announcer.hearsErrors);
      this.#sessions.abandon("lost");
      this.#announcer.report(error);
      return;
    }
    this.#pending.noteFailure(error);
    const failed = this.#connection.state;
    // Summed: a server that refuses is asked again within 100 ms.
    if (!silent) this.#announcer.reportSummed(error, undefined, true);
    this.#checkCredential();
    // A listener may have called connect() or disconnect() already.
    if (this.#connection.state === failed) this.#connection.dialIn(wait);
  }

  /** Ends what cannot go on under the present credential, unless a connection under the former one is being opened. */
  #checkCredential(): void {
    if (this.#connection.phase !== "opening") this.#sessions.change(this.#encryption.inForce);
  }

  #leave(message: string | undefined, within: number): Promise<void> {
    const { phase } = this.#connection;
    this.#policy.giveUp();
    const answers = phase === "open" && this.#running.size > 0;
    const answered = answers ? this.#running.finish(within) : undefined;
    const left = this.#connection.leave(message, answered);
    // Last: it calls listeners, which may call connect() or disconnect().
    if (phase !== "open" && phase !== "closing") this.#sessions.abandon("requested", message);
    return left;
  }

  /** Stops the attempts when all promises of `connect` are given up, unless the client is to stay connected. */
  #allGivenUp(): void {
    if (!this.#policy.persists) void this.#leave(undefined, 0);
  }
}

/** The error of a server that resumes a session which does not fit what it says. */
function notFitting(): ProtocolError {
  const text = "The server resumed the session with counts or limits that do not fit it.";
  return new ProtocolError("IPC_INVALID_MESSAGE", "peer", text);
}
