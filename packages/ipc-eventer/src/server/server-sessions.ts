import type {
  MessageEncoder,
  Hello,
  ProtocolError,
  SessionEnd,
  SessionLimits,
  SlowConsumerPolicy,
  Welcome,
} from "@ipc/protocol";
import { type Connection, realTime, Timeout } from "@ipc/transport";
import type { Handlers } from "../calls/handlers.ts";
import { RunningCalls } from "../calls/running-calls.ts";
import { type HandshakeOwner, HandshakeDriver } from "../driver/handshake-driver.ts";
import { type Credential, type Encryption, securityOf } from "../encryption.ts";
import { codeOf, isFailure, RefusedError } from "../errors.ts";
import { type AnyServerSocket, IPCServerSocket } from "../ipc-server-socket.ts";
import { type AnySocket, setSocketState } from "../ipc-socket.ts";
import type { ClientMeta } from "../listening/lifecycle-events.ts";
import {
  callTimeoutOf,
  encoderOf,
  type IPCServerOptions,
  limitsOf,
  recoveryOf,
  slowConsumerOf,
} from "../options.ts";
import type { Announcer } from "../socket/announcer.ts";
import { Peer, type PeerOwner } from "../socket/peer.ts";
import { validatorsOf } from "../socket/schema.ts";
import { SessionNews } from "../socket/session-news.ts";
import type { ClientTokens, HelloProof, Tokens } from "./client-ids.ts";
import { ClientRegistry, type ServerPeer } from "./client-registry.ts";
import { type Middleware, runMiddleware } from "./middleware.ts";
import { PendingHandshakes } from "./pending-handshakes.ts";
import { ServerRecovery } from "./server-recovery.ts";

const closing = ["server-closing", "The server is closing."] as const;

/** Stands for the tokens until `open` gives those of the endpoint's secret: no client has come before. */
const noTokens: Tokens = { issueId: refuse, proves: refuse, tokenOf: refuse };

function refuse(): never {
  throw new Error("the server is not open");
}

/**
 * The connections and sessions of a server, from the first byte of each to its end.
 *
 * ```
 *   connection ─> pending ─ hello ─> identified ─ middleware ─> welcomed ─> parked ─> over
 *                                       │                          ▲           │
 *                                       └── of a parked session ───┴───────────┘
 * ```
 */
export class ServerSessions {
  /** The clients that were welcomed since the server was opened last. */
  clients: ClientRegistry;
  /** The handlers that answer the calls of all clients. */
  readonly handlers: Handlers<AnySocket>;
  /** The calls of all clients that wait for an answer. */
  readonly running: RunningCalls = new RunningCalls();
  /** The functions that decide about a client before it is accepted, in order. */
  readonly middleware: Middleware<AnyServerSocket>[] = [];
  readonly #encryption: Encryption;
  readonly #announcer: Announcer;
  readonly #news: SessionNews;
  readonly #limits: SessionLimits;
  readonly #encoder: MessageEncoder;
  readonly #slowConsumer: SlowConsumerPolicy | undefined;
  readonly #callTimeout: number;
  /** The server application's own version. */
  readonly #version: string | undefined;
  readonly #pending: PendingHandshakes;
  readonly #recovery: ServerRecovery;
  readonly #owner: PeerOwner<AnyServerSocket>;
  readonly #handshakeOwner: HandshakeOwner = {
    handleHello: (begun, hello) => this.#identify(begun, hello),
    handleNotOpened: (begun, end) => this.#notOpened(begun, end),
  };
  /** The connections whose hello has not come, or that were refused. */
  readonly #handshakes = new Set<HandshakeDriver>();
  /** All peers, from their hello to the end of their sessions. */
  readonly #peers = new Set<ServerPeer>();
  readonly #whenEmpty: (() => void)[] = [];
  #open = false;
  /** The instant by which all peers have to leave; `undefined` unless they were asked to. */
  #leaveBy: number | undefined;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    options: Omit<IPCServerOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#encryption = encryption;
    this.#announcer = announcer;
    this.handlers = handlers;
    this.#news = new SessionNews(announcer, "server");
    this.#limits = limitsOf(options);
    this.#callTimeout = callTimeoutOf(options);
    this.#version = options.version;
    this.#pending = new PendingHandshakes(this.#limits.handshakeTimeout);
    this.#recovery = new ServerRecovery(recoveryOf(options), this, this.#news);
    this.#slowConsumer = slowConsumerOf(options);
    this.#encoder = encoderOf(options, this.#limits);
    this.clients = new ClientRegistry(this.#encoder, noTokens);
    encryption.hearChanges(() => this.#recovery.change(encryption.inForce));
    this.#owner = {
      announcer,
      handlers,
      running: this.running,
      validators: validatorsOf(options.schemas),
      sendStacks: options.sendStacks === true,
      handleReport: (error, socket) => announcer.reportSummed(error, socket),
      handleParked: (peer, end) => {
        const isSame = peer.credential === encryption.inForce;
        this.#recovery.park(peer, end, isSame && this.#open && this.#leaveBy === undefined);
      },
      handleResumed: (peer) => this.#recovery.resumed(peer),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** Welcomes clients from now on. The tokens prove the ids that clients had before. */
  open(tokens: ClientTokens): void {
    this.clients = new ClientRegistry(this.#encoder, tokens);
    this.running.open();
    this.#open = true;
  }

  /** Takes a new connection, whose hello is to come. */
  accept(connection: Connection): void {
    connection.unref();
    if (!this.#open) {
      connection.abort();
      return;
    }
    const { inForce } = this.#encryption;
    const permit = this.#pending.permit(() => begun);
    const options = {
      role: "server",
      limits: this.#limits,
      serialization: this.#encoder.serialization.name,
      security: securityOf(inForce, permit),
      now: realTime.now(),
    } as const;
    const begun = new HandshakeDriver(connection, options, inForce, this.#handshakeOwner);
    this.#announcer.tellConnection("open");
    this.#handshakes.add(begun);
    this.#pending.add(begun, inForce.code);
  }

  /**
   * Asks every client to finish and to connect to the next server; a connection without a hello is closed at once.
   * Fulfilled when all have left or the time is over.
   */
  async askToLeave(within: number): Promise<void> {
    this.#leaveBy = realTime.now() + within;
    for (const begun of this.#handshakes) begun.dismiss(...closing);
    for (const peer of this.#peers) {
      const { driver, socket } = peer;
      const { phase } = driver.session;
      // Its client will connect to another server, which does not know the session.
      if (phase === "parked") driver.lose();
      else if (socket !== undefined) this.#ask(peer, this.#leaveBy);
      // A client about which middleware decides is asked when it is welcomed.
      else if (phase !== "accepting") driver.dismiss(...closing);
    }
    let timeout: Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timeout = new Timeout(within, resolve, true);
    });
    await Promise.race([this.#emptied(), timeUp]);
    timeout?.clear();
    this.#leaveBy = undefined;
  }

  /**
   * Closes all sessions, when the calls that run are answered or so many milliseconds are over. Fulfilled when all
   * connections are over.
   */
  async close(within: number): Promise<void> {
    this.#open = false;
    if (this.running.size > 0) {
      this.#keepConnected();
      await this.running.finish(within);
    }
    for (const begun of this.#handshakes) dismiss(begun);
    for (const peer of this.#peers) {
      const { driver, socket } = peer;
      peer.cancelCalls();
      // Accepted connections do not hold the process, but their last bytes do.
      driver.ref();
      // Only a connected session is waited for.
      if (socket?.connected === true) driver.close(...closing);
      else driver.dismiss(...closing);
    }
    await this.#emptied();
    this.#announcer.flush();
  }

  /** Dismisses all peers without a connected session, and lets the others hold the process until they are answered. */
  #keepConnected(): void {
    for (const begun of this.#handshakes) dismiss(begun);
    for (const { driver, socket } of this.#peers) {
      if (socket?.connected === true) driver.ref();
      else driver.dismiss(...closing);
    }
  }

  #ask({ driver }: ServerPeer, leaveBy: number): void {
    driver.session.askToLeave(Math.max(0, leaveBy - realTime.now()));
    driver.schedule();
  }

  #emptied(): Promise<void> {
    if (this.#handshakes.size + this.#peers.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  /** Notes that something is gone for which `close` may wait. */
  #checkEmpty(): void {
    if (this.#handshakes.size + this.#peers.size > 0) return;
    for (const empty of this.#whenEmpty.splice(0)) empty();
  }

  /** Finds out which client a hello is from: its session is resumed, refused, or begins when middleware agrees. */
  #identify(begun: HandshakeDriver, hello: Hello): void {
    this.#pending.greet(begun);
    const { credential } = begun;
    let proof = this.#prove(credential, hello);
    if (proof.proved === "session") {
      if (this.#resume(proof.session, begun, hello)) return;
      // A listener of that session's end may have stopped the server.
      if (begun.phase !== "done") return;
      // That session is over now, and its outcome may have been kept.
      proof = this.#prove(credential, hello);
    }
    const ended = proof.proved === "id" ? proof.ended : undefined;
    if (ended?.kicked === true) {
      begun.close("kicked", ended.message, ended.received);
      return;
    }
    const { id, token } = this.clients.ids.identify(proof, credential);
    const name = hello.name === "" ? "anonymous" : hello.name;
    const meta = { id, name, pid: hello.pid, version: hello.version };
    const peer = this.#begin(begun);
    const socket: AnyServerSocket = new IPCServerSocket({
      id,
      name,
      driver: peer.driver,
      callTimeout: this.#callTimeout,
      leave: (reason) => peer.driver.close("kicked", reason),
      onRejection: (error) => this.#announcer.reject(error),
      owner: this,
    });
    const recovery = this.#recovery.grant(peer, hello, ended);
    const welcome = { id, token, pid: process.pid, version: this.#version, recovery };
    peer.guest = socket;
    if (this.middleware.length === 0) this.#welcome(peer, socket, meta, welcome);
    else void this.#askMiddleware(peer, socket, meta, welcome);
  }

  /** Begins the session of a client that is not accepted yet. */
  #begin(begun: HandshakeDriver): ServerPeer {
    const options = {
      limits: this.#limits,
      encoder: this.#encoder,
      slowConsumer: this.#slowConsumer,
    };
    const peer: ServerPeer = new Peer(begun, options, this.#owner);
    this.#handshakes.delete(begun);
    this.#peers.add(peer);
    this.#pending.replace(begun, peer.driver);
    return peer;
  }

  #prove(credential: Credential, hello: Hello): HelloProof<ServerPeer> {
    const { clients } = this;
    return clients.ids.judge(hello, credential, (id) => clients.get(id));
  }

  /** Answers true if the session that the client asks for goes on now. */
  #resume(former: ServerPeer, begun: HandshakeDriver, hello: Hello): boolean {
    const { id = "", token = "" } = hello;
    const welcome = { id, token, pid: process.pid, version: this.#version };
    if (!this.#recovery.resume(former, begun, hello, welcome)) return false;
    this.#pending.remove(begun);
    this.#handshakes.delete(begun);
    return true;
  }

  async #askMiddleware(
    peer: ServerPeer,
    socket: AnyServerSocket,
    meta: ClientMeta,
    welcome: Welcome,
  ): Promise<void> {
    const isPending = (): boolean => peer.driver.session.phase === "accepting";
    const report = (error: ProtocolError): void => {
      // The listeners of a stopped server are not called any longer.
      if (this.#open) this.#announcer.reportSummed(error);
      else this.#announcer.publish(error);
    };
    this.#pending.beginDecision(peer.driver);
    const exclusion = await runMiddleware(
      this.middleware,
      socket,
      meta,
      this.#limits.handshakeTimeout,
      isPending,
      report,
    );
    this.#pending.endDecision(peer.driver);
    if (exclusion === undefined) {
      this.#welcome(peer, socket, meta, welcome);
      return;
    }
    setSocketState(socket, "over");
    if (exclusion instanceof RefusedError) peer.driver.exclude(exclusion);
    else if (isPending()) peer.driver.refuse(exclusion);
    // The end of its session does not report an error of the middleware.
    else report(exclusion);
  }

  #welcome(peer: ServerPeer, socket: AnyServerSocket, meta: ClientMeta, welcome: Welcome): void {
    const { id } = meta;
    const { session } = peer.driver;
    const former = this.clients.get(id);
    // The same client has connected anew: its former session is over.
    if (former !== undefined && session.phase === "accepting") {
      former.driver.cutOff("replaced", "The same client has connected anew.");
      this.clients.remove(id, former);
    }
    // The session may have ended while middleware decided, or in a listener of the former session's end.
    if (session.phase !== "accepting") {
      setSocketState(socket, "over");
      return;
    }
    peer.socket = socket;
    this.clients.add(id, peer);
    this.#pending.accept(peer.driver);
    session.accept(welcome, realTime.now());
    if (this.#leaveBy !== undefined) this.#ask(peer, this.#leaveBy);
    peer.driver.schedule();
    peer.holdForOneTurn();
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", socket, { recovered: false });
    this.#announcer.emit("connected", socket, meta);
  }

  /** Handles the end of a connection without a session. */
  #notOpened(begun: HandshakeDriver, end: SessionEnd): void {
    this.#announcer.tellConnection("closed");
    this.#handshakes.delete(begun);
    const guessed = this.#pending.remove(begun);
    if (end.error !== undefined) this.#report(undefined, end.error, end.byPeer, guessed);
    this.#checkEmpty();
  }

  /** Handles the end of a session. */
  #closed(peer: ServerPeer, end: SessionEnd): void {
    const { socket } = peer;
    this.#recovery.end(peer, end);
    this.#pending.remove(peer.driver);
    if (socket !== undefined) {
      this.clients.remove(socket.id, peer);
      if (end.lost !== undefined) this.#news.lost(socket, end.lost);
      this.#news.over(socket, end);
    } else if (peer.guest !== undefined && end.lost !== undefined) {
      this.#news.lost(peer.guest, end.lost);
    }
    // A failed attempt has no event but the error; a session's end has events of its own.
    if (end.error !== undefined && (socket === undefined || isFailure(end))) {
      this.#report(socket, end.error, end.byPeer, false);
    }
    this.#peers.delete(peer);
    this.#checkEmpty();
  }

  #report(
    socket: AnyServerSocket | undefined,
    error: Error,
    byPeer: boolean,
    guessed: boolean,
  ): void {
    // A connection that was opened and closed was a probe, unless it could test a password.
    if (socket === undefined && codeOf(error) === "IPC_PEER_GONE" && !guessed) return;
    // Guesses at the password come at a bounded rate: each is reported.
    if (guessed) this.#announcer.report(error, socket);
    else this.#announcer.reportSummed(error, socket, byPeer);
  }
}

/** Closes a connection without a hello; its last bytes hold the process. */
function dismiss(begun: HandshakeDriver): void {
  begun.ref();
  begun.dismiss(...closing);
}
