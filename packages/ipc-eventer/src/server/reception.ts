import type { MessageEncoder, SessionLimits, SlowConsumerPolicy } from "@ipc/protocol";
import { type Connection, realTime } from "@ipc/transport";
import type { Announcer } from "../socket/announcer.ts";
import { Admission } from "./admission.ts";
import { Attendance } from "./attendance.ts";
import { Clients, type ServerPeer } from "./clients.ts";
import { type Encryption, securityOf } from "../encryption.ts";
import type { Handlers } from "../calls/handlers.ts";
import { Departure } from "./departure.ts";
import { Identity, processSecret } from "./identity.ts";
import type { AnyServerSocket } from "../ipc-server-socket.ts";
import type { AnySocket } from "../ipc-socket.ts";
import type { Middleware } from "./middleware.ts";
import {
  callTimeoutOf,
  encoderOf,
  type IPCServerOptions,
  limitsOf,
  recoveryOf,
  slowConsumerOf,
} from "../options.ts";
import { Peer, type PeerOwner } from "../socket/peer.ts";
import { RunningCalls } from "../calls/running-calls.ts";
import { ServerRecovery } from "./server-recovery.ts";
import { validatorsOf } from "../socket/schema.ts";
import { SessionNews } from "../socket/session-news.ts";
import { PendingConnections } from "./pending-connections.ts";

/**
 * The server's side of its connections: how clients come in, which they are, and how they go.
 *
 * ```
 *   connection ─> pending ─ hello ─> identified ─ middleware ─> welcome ─> parked ─> gone
 *                                       │                          ▲          │
 *                                       └── of a parked session ───┴──────────┘
 * ```
 */
export class Reception {
  /** The clients that were welcomed since the server was opened last. */
  clients: Clients;
  /** The handlers that answer the calls of all clients. */
  readonly handlers: Handlers<AnySocket>;
  /** The calls of all clients that wait for an answer. */
  readonly running: RunningCalls = new RunningCalls();
  readonly #encryption: Encryption;
  readonly #limits: SessionLimits;
  readonly #encoder: MessageEncoder;
  readonly #slowConsumer: SlowConsumerPolicy | undefined;
  readonly #pending: PendingConnections;
  readonly #peers = new Attendance();
  readonly #admission: Admission;
  readonly #departure: Departure;
  readonly #owner: PeerOwner<AnyServerSocket>;
  #open = false;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    options: Omit<IPCServerOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#encryption = encryption;
    this.handlers = handlers;
    this.#limits = limitsOf(options);
    this.#pending = new PendingConnections(this.#limits.handshakeTimeout);
    const news = new SessionNews(announcer, "server");
    const recovery = new ServerRecovery(recoveryOf(options), this, news);
    this.#slowConsumer = slowConsumerOf(options);
    this.#encoder = encoderOf(options, this.#limits);
    // Of another secret from `open` on.
    this.clients = new Clients(this.#encoder, new Identity(processSecret("")));
    encryption.hearChanges(() => recovery.change(encryption.inForce));
    const parts = {
      owner: this,
      announcer,
      recovery,
      pending: this.#pending,
      peers: this.#peers,
    };
    this.#admission = new Admission({
      ...parts,
      decisionTimeout: this.#limits.handshakeTimeout,
      isOpen: () => this.#open,
      callTimeout: callTimeoutOf(options),
      version: options.version,
    });
    this.#departure = new Departure({ ...parts, news });
    this.#owner = {
      handlers,
      running: this.running,
      validators: validatorsOf(options.schemas),
      sendStacks: options.sendStacks === true,
      tellConnection: (state) => announcer.tellConnection(state),
      handleHello: (peer, hello) => this.#admission.identify(peer, hello),
      handleEvent: (event, data, socket) => announcer.surface(event, data, socket),
      handlePong: (pong, socket) => announcer.surface("user-pong", pong, socket),
      hears: (event) => announcer.hears(event),
      handleReport: (error, socket) => announcer.reportSummed(error, socket),
      handleParked: (peer, end) => {
        const isSame = peer.credential === encryption.inForce;
        recovery.park(peer, end, isSame && this.#open && !this.#peers.leaving);
      },
      handleResumed: (peer) => recovery.resumed(peer),
      handleClosed: (peer, end) => this.#departure.leave(peer, end),
    };
  }

  /** The functions that decide about a client before it is accepted, in order. */
  get middleware(): Middleware<AnyServerSocket>[] {
    return this.#admission.middleware;
  }

  /** Welcome clients from now on. An earlier id is that of the client that proves it to this identity. */
  open(identity: Identity): void {
    this.clients = new Clients(this.#encoder, identity);
    this.running.open();
    this.#open = true;
  }

  /** Ask all clients to finish and come back to the server of that time. Fulfilled when all have gone or the time is over. */
  sendAway(within: number): Promise<void> {
    return this.#peers.sendAway(within);
  }

  /**
   * Say goodbye to all, when the calls that run are answered or so many milliseconds are over.
   * Fulfilled when all connections are over.
   */
  async close(within: number): Promise<void> {
    this.#open = false;
    if (this.running.size > 0) {
      this.#peers.dismissOthers();
      await this.running.finish(within);
    }
    await this.#peers.dismiss();
    this.#departure.flush();
  }

  /** Take in a new connection, whose hello is to come. */
  accept(connection: Connection): void {
    connection.unref();
    if (!this.#open) {
      connection.abort();
      return;
    }
    const { inForce } = this.#encryption;
    const permit = this.#pending.permit(() => peer);
    const options = {
      role: "server",
      limits: this.#limits,
      encoder: this.#encoder,
      slowConsumer: this.#slowConsumer,
      security: securityOf(inForce, permit),
      now: realTime.now(),
    } as const;
    const peer: ServerPeer = new Peer(connection, options, inForce, this.#owner);
    this.#peers.add(peer);
    this.#pending.add(peer, inForce.code);
  }
}
