import { type EventEncoder, type Hello, ProtocolError } from "@ipc/protocol";
import type { SessionEnd, SessionLimits, SlowConsumerPolicy, Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import type { Announcer } from "../socket/announcer.ts";
import { Attendance } from "./attendance.ts";
import { Clients } from "./clients.ts";
import { type Encryption, securityOf } from "../encryption.ts";
import { codeOf } from "../error.ts";
import type { Handlers } from "../calls/handlers.ts";
import { type AnyServerSocket, IPCServerSocket } from "../ipc-server-socket.ts";
import { type AnySocket, setSocketState } from "../ipc-socket.ts";
import type { ClientMeta } from "../listening/lifecycle-events.ts";
import { type Middleware, refusalOf, runMiddleware } from "./middleware.ts";
import { callTimeoutOf, encoderOf, type IPCServerOptions, limitsOf } from "../options.ts";
import { recoveryOf, slowConsumerOf } from "../options.ts";
import { Peer } from "../socket/peer.ts";
import type { PeerOwner } from "../socket/peer-owner.ts";
import { Relay } from "../relay/relay.ts";
import { ServerRecovery } from "./server-recovery.ts";
import { SessionNews } from "../socket/session-news.ts";
import { Strangers } from "./strangers.ts";
import { TurnedAway } from "./turned-away.ts";
import type { ServerPeer } from "./server-peer.ts";

/**
 * The server's side of its connections: who comes in, who it is, and who goes.
 *
 * ```
 *   connection ─> stranger ─ hello ─> identified ─ middleware ─> welcome ─> parked ─> gone
 *                                        │                          ▲          │
 *                                        └── of a parked session ───┴──────────┘
 * ```
 */
export class Reception {
  /** The clients that were welcomed since the server was opened last. */
  clients: Clients;
  /** The handlers that answer the calls of all clients. */
  readonly handlers: Handlers<AnySocket>;
  /** What decides about a client before it is welcome, in order. */
  readonly middleware: Middleware<AnyServerSocket>[] = [];
  /** What passes messages of one client on to another. */
  readonly relay: Relay;
  readonly #announcer: Announcer;
  readonly #news: SessionNews;
  readonly #encryption: Encryption;
  readonly #limits: SessionLimits;
  readonly #callTimeout: number;
  readonly #version: string | undefined;
  readonly #encoder: EventEncoder;
  readonly #recovery: ServerRecovery;
  readonly #slowConsumer: SlowConsumerPolicy | undefined;
  readonly #strangers: Strangers;
  readonly #turnedAway: TurnedAway;
  readonly #peers = new Attendance();
  readonly #owner: PeerOwner<AnyServerSocket>;
  #open = false;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    options: Omit<IPCServerOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#announcer = announcer;
    this.#news = new SessionNews(announcer, "server");
    this.#encryption = encryption;
    this.handlers = handlers;
    this.#limits = limitsOf(options);
    this.relay = new Relay(this.#limits);
    this.#strangers = new Strangers(this.#limits.handshakeTimeout);
    this.#turnedAway = new TurnedAway((error) => void announcer.raise(error));
    this.#callTimeout = callTimeoutOf(options);
    this.#recovery = new ServerRecovery(recoveryOf(options), this.#news);
    this.#slowConsumer = slowConsumerOf(options);
    this.#version = options.version;
    this.#encoder = encoderOf(options, this.#limits);
    this.clients = new Clients(this.#encoder);
    this.#owner = {
      handlers,
      schemas: options.schemas,
      sendStacks: options.sendStacks === true,
      tellConnection: (state) => announcer.tellConnection(state),
      handleHello: (peer, hello) => this.#identify(peer, hello),
      handleEvent: (event, data, socket) => announcer.surface(event, data, socket),
      handleRelay: (...message) => this.relay.handle(this.clients, ...message),
      handlePong: (pong, socket) => announcer.surface("user-pong", pong, socket),
      hears: (event) => announcer.hears(event),
      handleReport: (error, socket) => void announcer.report(error, socket),
      handleParked: (peer, end) => {
        this.#recovery.park(peer, end, this.#open && !this.#peers.leaving);
      },
      handleResumed: (peer) => this.#recovery.resumed(peer),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** Welcome clients from now on; ids of an earlier time are unknown. */
  open(): void {
    this.clients = new Clients(this.#encoder);
    this.#open = true;
  }

  /** Ask everybody to finish and come back to whoever serves then. Fulfilled when all have gone or the time is over. */
  sendAway(within: number): Promise<void> {
    return this.#peers.sendAway(within);
  }

  /** Take leave of everybody. Fulfilled when all connections are over. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#peers.dismiss();
    this.#turnedAway.flush();
  }

  /** A stranger has connected. */
  accept(connection: Connection): void {
    connection.unref();
    if (!this.#open) {
      connection.abort();
      return;
    }
    const { inForce } = this.#encryption;
    const permit = this.#strangers.permit(() => peer);
    const options = {
      role: "server",
      limits: this.#limits,
      encoder: this.#encoder,
      slowConsumer: this.#slowConsumer,
      security: securityOf(inForce, permit),
      now: performance.now(),
    } as const;
    const peer: ServerPeer = new Peer(connection, options, inForce.generation, this.#owner);
    this.#peers.add(peer);
    if (inForce.key !== undefined) this.#strangers.add(peer);
  }

  #identify(peer: ServerPeer, hello: Hello): void {
    if (this.#goesOn(peer, hello)) return;
    const isProven = this.clients.proves(hello.id, hello.token, peer.generation);
    const kick = isProven ? this.#recovery.kickOf(hello) : undefined;
    if (kick !== undefined) {
      peer.driver.close("kicked", kick.message, kick.received);
      return;
    }
    const { id, token } = this.clients.identify(hello, peer.generation);
    const name = hello.name === "" ? "anonymous" : hello.name;
    const meta = { id, name, pid: hello.pid, version: hello.version };
    const socket: AnyServerSocket = new IPCServerSocket({
      id,
      name,
      driver: peer.driver,
      callTimeout: this.#callTimeout,
      leave: (reason) => peer.driver.close("kicked", reason),
      onRejection: (error) => this.#announcer.reject(error),
      owner: this,
    });
    const recovery = this.#recovery.grant(hello, isProven);
    const welcome = { id, token, pid: process.pid, version: this.#version, recovery };
    if (this.middleware.length === 0) this.#welcome(peer, socket, meta, welcome);
    else void this.#askMiddleware(peer, socket, meta, welcome);
  }

  async #askMiddleware(
    peer: ServerPeer,
    socket: AnyServerSocket,
    meta: ClientMeta,
    welcome: Welcome,
  ): Promise<void> {
    const { clients } = this;
    clients.reserve(meta.id);
    try {
      const { handshakeTimeout } = this.#limits;
      const undecided = await runMiddleware(this.middleware, socket, meta, handshakeTimeout);
      if (undecided === undefined) {
        this.#welcome(peer, socket, meta, welcome);
      } else {
        setSocketState(socket, "over");
        peer.driver.refuse(undecided);
      }
    } catch (error) {
      setSocketState(socket, "over");
      peer.driver.close("kicked", refusalOf(error));
    } finally {
      clients.unreserve(meta.id);
    }
  }

  #welcome(peer: ServerPeer, socket: AnyServerSocket, meta: ClientMeta, welcome: Welcome): void {
    const { id } = meta;
    const { session } = peer.driver;
    const former = this.clients.get(id);
    // The same client is back on a new connection: whatever the old one was about is over.
    if (former !== undefined && session.phase === "accepting") {
      former.driver.cutOff("replaced", "The same client has connected anew.");
      this.clients.remove(id, former);
    }
    // It may have gone, or been sent away, or the server may have closed, while middleware was asked
    // or the former connection's listeners were told.
    if (session.phase !== "accepting") {
      setSocketState(socket, "over");
      return;
    }
    peer.socket = socket;
    this.clients.add(id, peer);
    session.accept(welcome, performance.now());
    this.#peers.welcome(peer);
    peer.driver.schedule();
    peer.holdForOneTurn();
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", socket, { recovered: false });
    this.#announcer.emit("connected", socket, meta);
  }

  /** True if the client has come back for a session that goes on now. */
  #goesOn(peer: ServerPeer, hello: Hello): boolean {
    const { id = "", token = "" } = hello;
    const former = this.clients.proven(id, token, peer.generation);
    if (former === undefined) return false;
    const welcome = { id, token, pid: process.pid, version: this.#version };
    if (!this.#recovery.goOn(former, peer, hello, welcome)) return false;
    this.#peers.delete(peer);
    this.#strangers.remove(peer);
    return true;
  }

  #closed(peer: ServerPeer, end: SessionEnd): void {
    const { socket } = peer;
    this.#recovery.forget(peer, end);
    const guessed = this.#strangers.remove(peer);
    if (socket !== undefined) {
      this.clients.remove(socket.id, peer);
      if (end.lost !== undefined) this.#news.lost(socket, end.lost);
      this.#news.over(socket, end);
    }
    if (end.error !== undefined) this.#tellOfError(peer, end.error, end.byPeer, guessed);
    this.#peers.delete(peer);
  }

  #tellOfError({ socket }: ServerPeer, error: Error, byPeer: boolean, guessed: boolean): void {
    const code = codeOf(error);
    // A stranger that came and went was somebody's probe, unless it could test a password.
    if (socket === undefined && code === "IPC_PEER_GONE" && !guessed) return;
    // Guesses at the password come at a bounded rate, and each is told.
    if (socket === undefined && !guessed && error instanceof ProtocolError) {
      this.#announcer.publish(error);
      this.#turnedAway.add(error, byPeer);
    } else {
      this.#announcer.report(error, socket);
    }
  }
}
