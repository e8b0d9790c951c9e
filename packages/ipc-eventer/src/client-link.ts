import type { SessionEnd, Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import type { Announcer } from "./announcer.ts";
import type { ClientState } from "./client-state.ts";
import { ConnectWaiters } from "./connect-waiters.ts";
import { Dialer } from "./dialer.ts";
import type { Encryption } from "./encryption.ts";
import { IPCError, refusedByServer } from "./error.ts";
import type { Handlers } from "./handlers.ts";
import { type AnySocket, endSocket, IPCSocket, raiseOn } from "./ipc-socket.ts";
import { backoffOf, callTimeoutOf, timeoutMistake } from "./options.ts";
import type { ConnectOptions, IPCClientOptions } from "./options.ts";
import type { Peer, PeerOwner } from "./peer.ts";
import { Redialing } from "./redialing.ts";

/** The client's side of its connection: dialling, the handshake, staying connected, and taking leave. */
export class ClientLink {
  readonly #name: string;
  readonly #dialer: Dialer;
  readonly #announcer: Announcer;
  readonly #callTimeout: number;
  readonly #redialing: Redialing;
  readonly #owner: PeerOwner<AnySocket>;
  readonly #waiters = new ConnectWaiters<AnySocket>({
    handleGivenUp: (error) => this.#announcer.report(error),
    handleDeserted: () => this.#deserted(),
  });
  readonly #whenClosed: (() => void)[] = [];
  #state: ClientState = { phase: "idle" };
  #refed = true;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    endpoint: string,
    name: string,
    options: Omit<IPCClientOptions, "password">,
    encryption: Encryption,
    handlers: Handlers<AnySocket>,
    announcer: Announcer,
  ) {
    this.#name = name;
    this.#announcer = announcer;
    this.#dialer = new Dialer(endpoint, name, options, encryption);
    this.#callTimeout = callTimeoutOf(options);
    this.#redialing = new Redialing({
      reconnect: options.reconnect === true,
      backoff: backoffOf(options),
      patience: this.#dialer.limits.handshakeTimeout,
    });
    this.#owner = {
      handlers,
      schemas: options.schemas,
      sendStacks: options.sendStacks === true,
      handleWelcome: (peer, welcome) => this.#welcomed(peer, welcome),
      handleEvent: (event, data, socket) => announcer.surface(event, data, socket),
      handleReport: (error, socket) => void announcer.report(error, socket),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** The socket of the open session, `undefined` while there is none. */
  get socket(): AnySocket | undefined {
    return this.#state.phase === "open" ? this.#state.socket : undefined;
  }

  /** See `IPCClient.connect`. */
  connect(options: ConnectOptions): Promise<AnySocket> {
    if (this.#state.phase === "open") return Promise.resolve(this.#state.socket);
    const mistake = timeoutMistake(options.timeout);
    if (mistake !== undefined) return Promise.reject(mistake);
    const promise = this.#waiters.add(options);
    const { phase } = this.#state;
    if (phase === "idle") this.#redialing.begin(performance.now());
    if ((phase === "idle" || phase === "waiting") && this.#waiters.size > 0) this.#dial();
    return promise;
  }

  /** See `IPCClient.disconnect`. */
  disconnect(reason: string | undefined): Promise<void> {
    const closed = new IPCError("IPC_CLOSED", "disconnect() was called before a session was open.");
    this.#waiters.reject(closed, true);
    return this.#leave(reason);
  }

  /** Let the connection, or the wait for the next attempt, keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#refed = refed;
    this.#applyRef();
  }

  #dial(): void {
    if (this.#state.phase === "waiting") clearTimeout(this.#state.timer);
    const giveUp = new AbortController();
    this.#state = { phase: "dialing", giveUp };
    this.#dialer.dial(giveUp.signal).then(
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
    const peer = this.#dialer.introduce(connection, this.#owner);
    this.#state = { phase: "opening", peer };
    this.#announcer.tellConnection("open");
    this.#applyRef();
  }

  #welcomed(peer: Peer<AnySocket>, welcome: Welcome): void {
    this.#dialer.keep(welcome, peer.sealed);
    const socket: AnySocket = new IPCSocket({
      id: welcome.id,
      name: this.#name,
      driver: peer.driver,
      callTimeout: this.#callTimeout,
      leave: (reason) => {
        // The socket of a former session takes no leave for its successor.
        if (this.socket === socket) void this.disconnect(reason);
      },
      onRejection: (error) => this.#announcer.reject(error),
    });
    peer.socket = socket;
    this.#state = { phase: "open", peer, socket };
    this.#redialing.connected(performance.now());
    peer.holdForOneTurn();
    this.#waiters.resolve(socket);
    const { id, name } = socket;
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", { recovered: false });
    this.#announcer.emit("connected", socket, { id, name });
  }

  #closed(peer: Peer<AnySocket>, end: SessionEnd): void {
    const { phase } = this.#state;
    if (phase === "idle" || phase === "dialing" || phase === "waiting") return;
    if (this.#state.peer !== peer) return;
    this.#announcer.tellConnection("closed");
    this.#state = { phase: "idle" };
    const { socket } = peer;
    if (socket === undefined) {
      if (phase === "opening") this.#failed(end.error ?? refusedByServer(end));
    } else {
      this.#lost(socket, end, phase === "open");
    }
    for (const closed of this.#whenClosed.splice(0)) closed();
    // A connect() called while the old connection was closing.
    if (this.#isIdle() && this.#waiters.size > 0) {
      this.#redialing.begin(performance.now());
      this.#dial();
    }
  }

  /** The session is over, by whatever end. */
  #lost(socket: AnySocket, end: SessionEnd, unexpected: boolean): void {
    const over = this.#state;
    const wait = unexpected ? this.#redialing.afterLoss(end, performance.now()) : undefined;
    endSocket(socket);
    this.#announcer.tellSession(socket, end);
    raiseOn(socket, "disconnect", end);
    if (end.byPeer && end.reason === "kicked") {
      this.#announcer.emit("kicked", { reason: end.message ?? "kicked" });
    }
    this.#announcer.emit("disconnect", end);
    this.#announcer.emit("disconnected", socket, end);
    if (end.error !== undefined) this.#announcer.report(end.error, socket);
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#state === over) this.#wait(wait);
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    const { wait, silent } = this.#redialing.afterFailure(error, performance.now());
    if (wait === undefined) {
      // A listener may call connect() anew: that is another attempt, with a promise of its own.
      this.#state = { phase: "idle" };
      this.#waiters.reject(error, this.#announcer.hearsErrors);
      this.#announcer.report(error);
      return;
    }
    const failed = this.#state;
    if (!silent) this.#announcer.report(error);
    // A listener may have called connect() or disconnect() already.
    if (this.#state === failed) this.#wait(wait);
  }

  #wait(delay: number): void {
    this.#state = { phase: "waiting", timer: setTimeout(() => this.#dial(), delay) };
    this.#applyRef();
  }

  #leave(message: string | undefined): Promise<void> {
    const state = this.#state;
    this.#redialing.giveUp();
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
    if (!this.#redialing.persists) void this.#leave(undefined);
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
}
