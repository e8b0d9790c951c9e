import { EventEmitter } from "node:events";
import { EventEncoder, type SessionEnd, type SessionLimits, type Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import type { Backoff } from "./backoff.ts";
import { ConnectWaiters } from "./connect-waiters.ts";
import { publishError } from "./diagnostics.ts";
import { Encryption, isEncryptionError, type Password } from "./encryption.ts";
import { realmOf, securityOf } from "./encryption.ts";
import { codeOf, IPCError, isFinal, isPassing } from "./error.ts";
import { endSocket, IPCSocket, raiseOn } from "./ipc-socket.ts";
import { emitSafely, hearRejections, rejectUnhandled } from "./listeners.ts";
import { assertLabel, backoffOf, limitsOf, timeoutMistake, transportOf } from "./options.ts";
import type { ConnectOptions, IPCClientOptions } from "./options.ts";
import { Peer, type PeerOwner } from "./peer.ts";

/** Where a client stands. */
type State =
  | { readonly phase: "idle" }
  /** A connection is being opened. */
  | { readonly phase: "dialing"; readonly giveUp: AbortController }
  /** The handshake is under way. */
  | { readonly phase: "opening"; readonly peer: Peer<IPCSocket> }
  | { readonly phase: "open"; readonly peer: Peer<IPCSocket>; readonly socket: IPCSocket }
  /** The time of the next attempt is awaited. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  /** Goodbye was said; the end of the connection is awaited. */
  | { readonly phase: "closing"; readonly peer: Peer<IPCSocket> };

/**
 * Connects to the server of one endpoint of this machine.
 *
 * Emits on itself, as any EventEmitter: `connected(socket, { id, name })` for each new session,
 * `connect({ recovered })`, `disconnect(end)`, `disconnected(socket, end)`, `kicked({ reason })`,
 * `error(err)`, `encryption:error(err)` together with `error` when passwords do not fit, and every event of the server as `(data, socket)`. `emit` is Node's own: to send,
 * use the socket's `emit`.
 */
export class IPCClient extends EventEmitter {
  /** The endpoint's name, as given. */
  readonly endpoint: string;
  /** This client's own name. */
  readonly name: string;
  readonly #options: IPCClientOptions;
  readonly #limits: SessionLimits;
  readonly #encoder: EventEncoder;
  readonly #encryption: Encryption;
  readonly #backoff: Backoff;
  readonly #waiters = new ConnectWaiters<IPCSocket>({
    handleGivenUp: (error) => this.#report(error),
    handleDeserted: () => this.#deserted(),
  });
  readonly #owner: PeerOwner<IPCSocket> = {
    handleWelcome: (peer, welcome) => this.#welcomed(peer, welcome),
    handleEvent: (event, data, socket) => emitSafely(this, event, data, socket),
    handleReport: (error, socket) => this.#report(error, socket),
    handleClosed: (peer, end) => this.#closed(peer, end),
  };
  #state: State = { phase: "idle" };
  #identity: Welcome | undefined;
  /** True if the identity was given under a password. */
  #identitySealed = false;
  /** True from the first session until this client gives up or takes its leave. */
  #established = false;
  /** Until then a server that is merely busy is asked again without a word. */
  #patientUntil = 0;
  #refed = true;
  readonly #whenClosed: (() => void)[] = [];

  static {
    hearRejections(IPCClient, (client, error, event) => client.#rejected(error, event));
  }

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(endpoint: string, options: IPCClientOptions = {}) {
    super({ captureRejections: true });
    const { password, ...rest } = options;
    assertLabel("name", options.name);
    assertLabel("version", options.version);
    this.endpoint = endpoint;
    this.name = options.name ?? `client-${process.pid}`;
    this.#options = rest;
    this.#encryption = new Encryption(options.realm ?? realmOf(endpoint), password);
    this.#limits = limitsOf(options);
    this.#encoder = new EventEncoder(this.#limits);
    this.#backoff = backoffOf(options);
  }

  /** The socket of the open session, `undefined` while there is none. */
  get socket(): IPCSocket | undefined {
    return this.#state.phase === "open" ? this.#state.socket : undefined;
  }

  /** True while a session is open. */
  get connected(): boolean {
    return this.#state.phase === "open";
  }

  /**
   * Connect, and with `reconnect` stay connected. Fulfilled with the socket, at once if there is one.
   *
   * Rejects with the system's error (`ENOENT` while no server listens, `ECONNREFUSED`, `EACCES`, …),
   * a `TransportError`, a `ProtocolError` of the handshake, or an `IPCError` (`IPC_REFUSED_BY_SERVER`,
   * `IPC_CONNECT_TIMEOUT`, `IPC_INVALID_OPTION`, `IPC_CLOSED` after `disconnect`). With `reconnect` it pends over errors
   * that time may mend. The event `error` gets each error, and if it has a listener, the promise
   * need not be awaited. A call during another joins it.
   */
  connect(options: ConnectOptions = {}): Promise<IPCSocket> {
    if (this.#state.phase === "open") return Promise.resolve(this.#state.socket);
    const mistake = timeoutMistake(options.timeout);
    if (mistake !== undefined) return Promise.reject(mistake);
    const promise = this.#waiters.add(options);
    const { phase } = this.#state;
    if (phase === "idle") this.#patientUntil = performance.now() + this.#limits.handshakeTimeout;
    if ((phase === "idle" || phase === "waiting") && this.#waiters.size > 0) this.#dial();
    return promise;
  }

  /**
   * Send what was emitted, take leave of the server, and do not come back. Fulfilled when the
   * connection is over, within `closeTimeout`. A pending `connect` rejects with `IPC_CLOSED`.
   */
  disconnect(reason?: string): Promise<void> {
    const closed = new IPCError("IPC_CLOSED", "disconnect() was called before a session was open.");
    this.#waiters.reject(closed, true);
    return this.#leave(reason);
  }

  /** The same as `disconnect`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /**
   * Protect connections made from now on with a password; the open one goes on as it is. Until the
   * new password is ready, some 40 ms, the former one serves. Rejects with `IPC_PASSWORD_INVALID`.
   */
  setEncryption(password: Password): Promise<void> {
    return this.#encryption.set(password);
  }

  /** Let connections made from now on be plaintext. */
  clearEncryption(): void {
    this.#encryption.clear();
  }

  /** Let the connection, or the wait for the next attempt, keep the process alive (the default). */
  ref(): this {
    this.#refed = true;
    this.#applyRef();
    return this;
  }

  /** Let the process end although the client is connected or reconnecting. */
  unref(): this {
    this.#refed = false;
    this.#applyRef();
    return this;
  }

  #dial(): void {
    if (this.#state.phase === "waiting") clearTimeout(this.#state.timer);
    const giveUp = new AbortController();
    this.#state = { phase: "dialing", giveUp };
    const { directory, owner } = this.#options;
    const timeout = this.#limits.handshakeTimeout;
    this.#encryption
      .ready()
      .then(() =>
        transportOf(this.#options).dial(this.endpoint, {
          directory,
          owner,
          timeout,
          signal: giveUp.signal,
        }),
      )
      .then(
        (connection) => this.#dialed(connection, giveUp),
        (error: unknown) => {
          if (!giveUp.signal.aborted) this.#failed(error);
        },
      );
  }

  #dialed(connection: Connection, giveUp: AbortController): void {
    if (giveUp.signal.aborted) {
      connection.abort();
      return;
    }
    const { inForce } = this.#encryption;
    const security = securityOf(inForce);
    // What was given under a password is never sent in plaintext.
    const known = security === undefined && this.#identitySealed ? undefined : this.#identity;
    const options = {
      role: "client",
      limits: this.#limits,
      encoder: this.#encoder,
      security,
      hello: {
        name: this.name,
        pid: process.pid,
        version: this.#options.version,
        id: known?.id,
        token: known?.token,
      },
      now: performance.now(),
    } as const;
    const peer = new Peer(connection, options, inForce.generation, this.#owner);
    this.#state = { phase: "opening", peer };
    this.#applyRef();
  }

  #welcomed(peer: Peer<IPCSocket>, welcome: Welcome): void {
    this.#identity = welcome;
    this.#identitySealed = peer.sealed;
    const socket: IPCSocket = new IPCSocket({
      id: welcome.id,
      name: this.name,
      driver: peer.driver,
      leave: (reason) => {
        // The socket of a former session takes no leave for its successor.
        if (this.socket === socket) void this.disconnect(reason);
      },
      onRejection: (error) => this.#rejected(error),
    });
    peer.socket = socket;
    this.#state = { phase: "open", peer, socket };
    this.#established = true;
    this.#backoff.connected(performance.now());
    peer.holdForOneTurn();
    this.#waiters.resolve(socket);
    emitSafely(this, "connect", { recovered: false });
    emitSafely(this, "connected", socket, { id: socket.id, name: socket.name });
  }

  #closed(peer: Peer<IPCSocket>, end: SessionEnd): void {
    const { phase } = this.#state;
    if (phase === "idle" || phase === "dialing" || phase === "waiting") return;
    if (this.#state.peer !== peer) return;
    this.#state = { phase: "idle" };
    const { socket } = peer;
    if (socket === undefined) {
      if (phase === "opening") this.#failed(end.error ?? refusedByServer(end));
    } else {
      this.#lost(socket, end, phase === "open");
    }
    for (const closed of this.#whenClosed.splice(0)) closed();
    // A connect() called while the old connection was closing.
    if (this.#isIdle() && this.#waiters.size > 0) this.#dial();
  }

  /** The session is over, by whatever end. */
  #lost(socket: IPCSocket, end: SessionEnd, unexpected: boolean): void {
    const over = this.#state;
    endSocket(socket);
    raiseOn(socket, "disconnect", end);
    if (end.byPeer && end.reason === "kicked") {
      emitSafely(this, "kicked", { reason: end.message ?? "kicked" });
    }
    emitSafely(this, "disconnect", end);
    emitSafely(this, "disconnected", socket, end);
    if (end.error !== undefined) this.#report(end.error, socket);
    const sentAway = end.reason === "kicked" || end.reason === "replaced";
    // A listener may have called connect() or disconnect() already.
    if (!unexpected || this.#state !== over) return;
    if (this.#options.reconnect === true && !sentAway) {
      this.#wait(this.#backoff.lost(performance.now(), end.reason !== "server-closing"));
    } else {
      this.#established = false;
    }
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    if (isPassing(error) && performance.now() < this.#patientUntil) {
      this.#wait(this.#backoff.soon());
      return;
    }
    // After a session was open once, an impostor or a wrong server must not silence the client for ever.
    const final = isFinal(error);
    if (this.#options.reconnect !== true || (final && !this.#established)) {
      // A listener may call connect() anew: that is another attempt, with a promise of its own.
      this.#state = { phase: "idle" };
      this.#waiters.reject(error, this.listenerCount("error") > 0);
      this.#report(error);
      return;
    }
    const failed = this.#state;
    this.#report(error);
    // A listener may have called connect() or disconnect() already.
    if (this.#state !== failed) return;
    if (final) this.#wait(this.#backoff.atCap());
    else this.#wait(isPassing(error) ? this.#backoff.soon() : this.#backoff.failed());
  }

  #wait(delay: number): void {
    this.#state = { phase: "waiting", timer: setTimeout(() => this.#dial(), delay) };
    this.#applyRef();
  }

  #leave(message: string | undefined): Promise<void> {
    const state = this.#state;
    this.#established = false;
    switch (state.phase) {
      case "idle":
        // A new object, by which those who call listeners see that one has called disconnect().
        this.#state = { phase: "idle" };
        return Promise.resolve();
      case "dialing":
        state.giveUp.abort();
        this.#state = { phase: "idle" };
        return Promise.resolve();
      case "waiting":
        clearTimeout(state.timer);
        this.#state = { phase: "idle" };
        return Promise.resolve();
      case "opening":
      case "open":
        this.#state = { phase: "closing", peer: state.peer };
        // The last bytes hold the process until they have left.
        state.peer.driver.ref();
        state.peer.driver.close("requested", message);
        break;
      case "closing":
        break;
    }
    return new Promise((resolve) => {
      this.#whenClosed.push(resolve);
    });
  }

  /** Nobody waits for `connect` any more: stop trying, unless the client is to stay connected. */
  #deserted(): void {
    if (!this.#established) void this.#leave(undefined);
  }

  #isIdle(): boolean {
    return this.#state.phase === "idle";
  }

  #applyRef(): void {
    const target =
      this.#state.phase === "waiting"
        ? this.#state.timer
        : "peer" in this.#state
          ? this.#state.peer.driver
          : undefined;
    if (this.#refed) target?.ref();
    else target?.unref();
  }

  /** Tell of an error whoever listens; true if a listener of the client's `error` was told. */
  #report(error: unknown, socket?: IPCSocket): boolean {
    publishError({ error, endpoint: this.endpoint, role: "client" });
    if (socket !== undefined && socket.listenerCount("error") > 0) raiseOn(socket, "error", error);
    if (isEncryptionError(codeOf(error))) emitSafely(this, "encryption:error", error);
    if (this.listenerCount("error") === 0) return false;
    emitSafely(this, "error", error);
    return true;
  }

  /** A listener's promise was rejected: that is the application's own error, and not lost. */
  #rejected(error: unknown, event?: unknown): void {
    // A listener of `error` that rejects would be told of itself without end.
    if (event === "error" || !this.#report(error)) void rejectUnhandled(error);
  }
}

function refusedByServer(end: SessionEnd): IPCError {
  const why = end.message ?? end.reason;
  return new IPCError("IPC_REFUSED_BY_SERVER", `The server refused the session: ${why}`);
}
