import { EventEmitter } from "node:events";
import { EventEncoder, type Hello, type SessionEnd, type SessionLimits } from "@ipc/protocol";
import type { Connection, Listener as TransportListener } from "@ipc/transport";
import { Clients } from "./clients.ts";
import { publishError } from "./diagnostics.ts";
import { Encryption, isEncryptionError, type Password } from "./encryption.ts";
import { realmOf, securityOf } from "./encryption.ts";
import { codeOf } from "./error.ts";
import { IPCServerSocket } from "./ipc-server-socket.ts";
import { endSocket, raiseOn } from "./ipc-socket.ts";
import { emitSafely, hearRejections, rejectUnhandled } from "./listeners.ts";
import { assertLabel, type IPCServerOptions, limitsOf, transportOf } from "./options.ts";
import { Peer, type PeerOwner } from "./peer.ts";
import { Strangers } from "./strangers.ts";

type ServerPeer = Peer<IPCServerSocket>;

/** Where a server stands. */
type State =
  | { readonly phase: "stopped" }
  /** The endpoint is being claimed; who connects already is kept waiting. */
  | { readonly phase: "starting"; readonly early: Connection[] }
  | { readonly phase: "listening"; readonly listener: TransportListener }
  | { readonly phase: "stopping" };

/** A call of `start` or `stop`, which runs when those before it are done. */
interface Turn {
  readonly call: "start" | "stop";
  readonly done: Promise<void>;
}

const atRest: Turn = { call: "stop", done: Promise.resolve() };

/**
 * Serves one endpoint of this machine.
 *
 * Emits on itself, as any EventEmitter: `listening(name)`, `connected(socket, { id, name })`,
 * `connect(socket)`, `disconnect(socket, end)`, `disconnected(socket, end)`, `error(err, socket?)`,
 * `encryption:error(err)` together with `error` when passwords do not fit, and every event of a client as `(data, socket)`. `emit` is Node's own: to send, use `broadcastAll`
 * or a socket's `emit`.
 */
export class IPCServer extends EventEmitter {
  /** The endpoint's name, as given. */
  readonly name: string;
  readonly #options: IPCServerOptions;
  readonly #limits: SessionLimits;
  readonly #encoder: EventEncoder;
  readonly #encryption: Encryption;
  readonly #strangers = new Strangers();
  readonly #peers = new Set<ServerPeer>();
  readonly #owner: PeerOwner<IPCServerSocket> = {
    handleHello: (peer, hello) => this.#welcome(peer, hello),
    handleEvent: (event, data, socket) => emitSafely(this, event, data, socket),
    handleReport: (error, socket) => this.#report(error, socket),
    handleClosed: (peer, end) => this.#closed(peer, end),
  };
  #clients: Clients;
  #state: State = { phase: "stopped" };
  /** The last call decides where the server ends; the same call again joins it. */
  #last: Turn = atRest;
  #refed = true;
  #whenEmpty: (() => void) | undefined;

  static {
    hearRejections(IPCServer, (server, error, event) => server.#rejected(error, event));
  }

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(name: string, options: IPCServerOptions = {}) {
    super({ captureRejections: true });
    const { password, ...rest } = options;
    assertLabel("version", options.version);
    this.name = name;
    this.#options = rest;
    this.#encryption = new Encryption(options.realm ?? realmOf(name), password);
    this.#limits = limitsOf(options);
    this.#encoder = new EventEncoder(this.#limits);
    this.#clients = new Clients(this.#encoder);
  }

  /** True while clients can connect. */
  get listening(): boolean {
    return this.#state.phase === "listening";
  }

  /** The socket path or pipe name that is served, `undefined` while none is. */
  get address(): string | undefined {
    return this.#state.phase === "listening" ? this.#state.listener.address : undefined;
  }

  /** The sockets of all connected clients, at this moment. */
  get sockets(): readonly IPCServerSocket[] {
    return [...this.#clients].flatMap(({ socket }) => (socket === undefined ? [] : [socket]));
  }

  /**
   * Claim the endpoint and listen. Fulfilled once clients can connect; at once if they can already.
   * During a `stop` it starts after that. Rejects with the system's error (`EADDRINUSE` while
   * another process serves the name, `EACCES`, …) or a `TransportError`. The event `error` gets the
   * same, and if it has a listener, the promise need not be awaited.
   */
  start(): Promise<void> {
    if (this.#last.call === "start") return this.#last.done;
    const act = (): Promise<void> => this.#listen(turn);
    const turn: Turn = { call: "start", done: this.#last.done.then(act, act) };
    this.#last = turn;
    return turn.done;
  }

  /**
   * Stop accepting, send what was emitted, tell every client that the server is closing, and give
   * the endpoint back. Fulfilled when all connections are over, within `closeTimeout`. The server
   * can be started again. A `start` under way is waited for and then undone. Of crossed calls of
   * `start` and `stop`, the last decides.
   */
  stop(): Promise<void> {
    if (this.#last.call === "stop") return this.#last.done;
    const act = (): Promise<void> => this.#close();
    const now = this.#state.phase === "listening";
    this.#last = { call: "stop", done: now ? act() : this.#last.done.then(act, act) };
    return this.#last.done;
  }

  /** The same as `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Send an event to all clients, encoded once. Throws as `socket.emit` does. */
  broadcastAll(event: string, data?: unknown): void {
    this.#clients.broadcast(event, data);
  }

  /** Send an event to all clients but one, encoded once. Throws as `socket.emit` does. */
  broadcastExcept(socket: IPCServerSocket, event: string, data?: unknown): void {
    this.#clients.broadcast(event, data, socket);
  }

  /**
   * Disconnect a client gracefully: it hears `kicked({ reason })` and does not come back by itself.
   * Answers false if no such client is connected.
   */
  disconnectClient(id: string, reason?: string): boolean {
    const peer = this.#clients.get(id);
    peer?.socket?.disconnect(reason);
    return peer !== undefined;
  }

  /**
   * Protect connections made from now on with a password; those that are open go on as they are.
   * Until the new password is ready, some 40 ms, the former one serves. Rejects with
   * `IPC_PASSWORD_INVALID`.
   */
  setEncryption(password: Password): Promise<void> {
    return this.#encryption.set(password);
  }

  /** Let connections made from now on be plaintext. */
  clearEncryption(): void {
    this.#encryption.clear();
  }

  /** Let the listening server keep the process alive (the default). */
  ref(): this {
    this.#refed = true;
    if (this.#state.phase === "listening") this.#state.listener.ref();
    return this;
  }

  /** Let the process end although the server listens. */
  unref(): this {
    this.#refed = false;
    if (this.#state.phase === "listening") this.#state.listener.unref();
    return this;
  }

  async #listen(turn: Turn): Promise<void> {
    const acceptor = {
      handleConnection: (connection: Connection) => this.#accept(connection),
      handleError: (error: Error) => void this.#report(error),
    };
    const early: Connection[] = [];
    this.#state = { phase: "starting", early };
    try {
      await this.#encryption.ready();
      const transport = transportOf(this.#options);
      const listener = await transport.listen(this.name, acceptor, this.#options);
      if (!this.#refed) listener.unref();
      this.#clients = new Clients(this.#encoder);
      this.#state = { phase: "listening", listener };
    } catch (error) {
      this.#state = { phase: "stopped" };
      if (this.#last === turn) this.#last = atRest;
      for (const connection of early) connection.abort();
      // A failure that a listener was told of need not be awaited too.
      if (this.#report(error)) turn.done.catch(ignore);
      throw error;
    }
    emitSafely(this, "listening", this.name);
    for (const connection of early) this.#accept(connection);
  }

  async #close(): Promise<void> {
    if (this.#state.phase !== "listening") return;
    const released = this.#state.listener.close();
    this.#state = { phase: "stopping" };
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    for (const peer of this.#peers) {
      // Accepted connections do not hold the process, but their last bytes do.
      peer.driver.ref();
      peer.driver.close("server-closing", "The server is closing.");
    }
    try {
      await Promise.all([released, this.#peers.size > 0 ? empty : undefined]);
    } finally {
      this.#whenEmpty = undefined;
      this.#state = { phase: "stopped" };
    }
  }

  #accept(connection: Connection): void {
    connection.unref();
    if (this.#state.phase === "starting") {
      this.#state.early.push(connection);
      return;
    }
    if (this.#state.phase !== "listening") {
      connection.abort();
      return;
    }
    const { inForce } = this.#encryption;
    const permit = this.#strangers.permit(() => peer);
    const options = {
      role: "server",
      limits: this.#limits,
      encoder: this.#encoder,
      security: securityOf(inForce, permit),
      now: performance.now(),
    } as const;
    const peer: ServerPeer = new Peer(connection, options, inForce.generation, this.#owner);
    this.#peers.add(peer);
    if (inForce.key !== undefined) this.#strangers.add(peer);
  }

  #welcome(peer: ServerPeer, hello: Hello): void {
    const { id, token } = this.#clients.identify(hello, peer.generation);
    const former = this.#clients.get(id);
    if (former !== undefined) this.#replace(former);
    const name = hello.name === "" ? "anonymous" : hello.name;
    const socket = new IPCServerSocket({
      id,
      name,
      driver: peer.driver,
      leave: (reason) => peer.driver.close("kicked", reason),
      onRejection: (error) => this.#rejected(error),
      broadcast: (except, event, data) => this.#clients.broadcast(event, data, except),
    });
    peer.socket = socket;
    this.#clients.add(id, peer);
    peer.driver.accept({ id, token, pid: process.pid, version: this.#options.version });
    peer.holdForOneTurn();
    emitSafely(this, "connect", socket);
    emitSafely(this, "connected", socket, { id, name, pid: hello.pid, version: hello.version });
  }

  /** The same client is back on a new connection: end the old one now, its goodbye follows. */
  #replace(former: ServerPeer): void {
    const message = "The same client has connected anew.";
    this.#end(former, { reason: "replaced", message, byPeer: false });
    former.driver.close("replaced", message);
  }

  #closed(peer: ServerPeer, end: SessionEnd): void {
    this.#peers.delete(peer);
    this.#strangers.remove(peer);
    this.#end(peer, end);
    // A stranger that came and went without a word was somebody's probe.
    const probe = peer.socket === undefined && codeOf(end.error) === "IPC_PEER_GONE";
    if (end.error !== undefined && !probe) this.#report(end.error, peer.socket);
    if (this.#peers.size === 0) this.#whenEmpty?.();
  }

  #end(peer: ServerPeer, end: SessionEnd): void {
    const { socket } = peer;
    if (socket === undefined || !this.#clients.remove(socket.id, peer)) return;
    endSocket(socket);
    raiseOn(socket, "disconnect", end);
    emitSafely(this, "disconnect", socket, end);
    emitSafely(this, "disconnected", socket, end);
  }

  /** Tell of an error whoever listens; true if a listener of `error` was told. */
  #report(error: unknown, socket?: IPCServerSocket): boolean {
    publishError({ error, endpoint: this.name, role: "server" });
    if (socket !== undefined && socket.listenerCount("error") > 0) raiseOn(socket, "error", error);
    if (isEncryptionError(codeOf(error))) emitSafely(this, "encryption:error", error);
    if (this.listenerCount("error") === 0) return false;
    emitSafely(this, "error", error, socket);
    return true;
  }

  /** A listener's promise was rejected: that is the application's own error, and not lost. */
  #rejected(error: unknown, event?: unknown): void {
    // A listener of `error` that rejects would be told of itself without end.
    if (event === "error" || !this.#report(error)) void rejectUnhandled(error);
  }
}

function ignore(): void {
  // The error has been told elsewhere.
}
