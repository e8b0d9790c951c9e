import type { SessionEnd, Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import type { Announcer } from "./announcer.ts";
import type { ClientSession, ClientState } from "./client-state.ts";
import { ConnectWaiters } from "./connect-waiters.ts";
import { Dialer } from "./dialer.ts";
import type { Encryption } from "./encryption.ts";
import { IPCError, refusedByServer } from "./error.ts";
import type { Handlers } from "./handlers.ts";
import { type AnySocket, IPCSocket } from "./ipc-socket.ts";
import { backoffOf, callTimeoutOf, timeoutMistake } from "./options.ts";
import type { ConnectOptions, IPCClientOptions } from "./options.ts";
import type { Peer, PeerOwner } from "./peer.ts";
import { Redialing } from "./redialing.ts";
import { SessionNews } from "./session-news.ts";
import { Unsent } from "./unsent.ts";

/** The client's side of its connection: dialling, the handshake, staying connected, and taking leave. */
export class ClientLink {
  readonly #name: string;
  readonly #dialer: Dialer;
  readonly #announcer: Announcer;
  readonly #news: SessionNews;
  readonly #callTimeout: number;
  readonly #redialing: Redialing;
  readonly #owner: PeerOwner<AnySocket>;
  readonly #waiters = new ConnectWaiters<AnySocket>({
    handleGivenUp: (error) => this.#announcer.report(error),
    handleDeserted: () => this.#deserted(),
  });
  readonly #whenClosed: (() => void)[] = [];
  #state: ClientState = { phase: "idle" };
  /** The application's session, with or without a connection. */
  #session: ClientSession | undefined;
  readonly #unsent = new Unsent();
  readonly #carriesUnsent: boolean;
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
    this.#news = new SessionNews(announcer, "client");
    this.#carriesUnsent = options.carryUnsent !== false;
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
      handleParked: (peer, end) => this.#parked(peer, end),
      handleResumed: () => this.#resumed(),
      handleLeave: (peer, within) => this.#asked(peer, within),
      handleClosed: (peer, end) => this.#closed(peer, end),
    };
  }

  /** The socket of the session, which may wait for a connection; `undefined` while there is none. */
  get socket(): AnySocket | undefined {
    return this.#session?.socket;
  }

  /** See `IPCClient.connect`. */
  connect(options: ConnectOptions): Promise<AnySocket> {
    const { socket } = this;
    if (this.#state.phase === "open" && socket !== undefined) return Promise.resolve(socket);
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
    const former = this.#session?.peer.driver.session;
    const peer = this.#dialer.introduce(connection, this.#owner, former);
    this.#state = { phase: "opening", peer };
    this.#announcer.tellConnection("open");
    this.#applyRef();
  }

  #welcomed(peer: Peer<AnySocket>, welcome: Welcome): void {
    this.#dialer.keep(welcome, peer.sealed);
    const { recovery } = welcome;
    if (recovery?.resumed === true && this.#session !== undefined) {
      this.#goOn(this.#session, peer);
      return;
    }
    this.#session?.peer.driver.lose(recovery?.received);
    // A listener of the lost session may have called disconnect().
    if (this.#state.phase === "opening") this.#begin(peer, welcome.id);
  }

  /** The session goes on over the connection that was opened for it. */
  #goOn(session: ClientSession, begun: Peer<AnySocket>): void {
    this.#state = { phase: "open", peer: session.peer };
    this.#redialing.connected(performance.now());
    session.peer.driver.takeOver(begun.driver);
    this.#applyRef();
    this.#waiters.resolve(session.socket);
  }

  /** A new session. */
  #begin(peer: Peer<AnySocket>, id: string): void {
    const { driver } = peer;
    const socket: AnySocket = new IPCSocket({
      id,
      name: this.#name,
      driver,
      callTimeout: this.#callTimeout,
      leave: (reason) => {
        // The socket of a former session takes no leave for its successor.
        if (this.socket === socket) void this.disconnect(reason);
      },
      onRejection: (error) => this.#announcer.reject(error),
    });
    peer.socket = socket;
    this.#session = { peer, socket };
    this.#state = { phase: "open", peer };
    this.#unsent.handTo(this.#session);
    this.#redialing.connected(performance.now());
    peer.holdForOneTurn();
    this.#waiters.resolve(socket);
    const { name } = socket;
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", { recovered: false });
    this.#announcer.emit("connected", socket, { id, name });
  }

  #resumed(): void {
    if (this.#session !== undefined) this.#news.resumed(this.#session.socket);
  }

  /** The connection is gone, and the session waits for the next. */
  #parked({ socket }: Peer<AnySocket>, end: SessionEnd): void {
    const waiting: ClientState = { phase: "idle" };
    this.#state = waiting;
    const wait = this.#redialing.afterLoss(end, performance.now());
    if (socket !== undefined) this.#news.parked(socket, end);
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#state === waiting) this.#wait(wait);
  }

  /** The server asks to finish, and to come back: another process takes its place. */
  #asked({ driver }: Peer<AnySocket>, within: number): void {
    const now = performance.now();
    this.#redialing.move(now);
    driver.session.leave(within, now);
    driver.schedule();
  }

  #closed(peer: Peer<AnySocket>, end: SessionEnd): void {
    if (!("peer" in this.#state) || this.#state.peer !== peer) {
      // A session that waited for a connection in vain.
      if (this.#session?.peer === peer) this.#over(this.#session, end);
      return;
    }
    const { phase } = this.#state;
    this.#announcer.tellConnection("closed");
    this.#state = { phase: "idle" };
    if (this.#session?.peer === peer) this.#lost(this.#session, end, phase === "open");
    else if (phase === "opening") this.#failed(end.error ?? refusedByServer(end));
    for (const closed of this.#whenClosed.splice(0)) closed();
    // A connect() called while the old connection was closing.
    if (this.#isIdle() && this.#waiters.size > 0) {
      this.#redialing.begin(performance.now());
      this.#dial();
    }
  }

  /** The session has ended with its connection, by whatever end. */
  #lost(session: ClientSession, end: SessionEnd, unexpected: boolean): void {
    const over = this.#state;
    const wait = unexpected ? this.#redialing.afterLoss(end, performance.now()) : undefined;
    this.#over(session, end);
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#state === over) this.#wait(wait);
  }

  /** A session is over. */
  #over(session: ClientSession, end: SessionEnd): void {
    this.#session = undefined;
    const { socket } = session;
    const carries = this.#carriesUnsent && this.#redialing.persists;
    const lost = carries ? this.#unsent.keep(session, end) : end.lost;
    if (lost !== undefined) this.#news.lost(socket, lost);
    this.#news.over(socket, end);
    if (end.error !== undefined) this.#announcer.report(end.error, socket);
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    const { wait, silent } = this.#redialing.afterFailure(error, performance.now());
    if (wait === undefined) {
      // A listener may call connect() anew: that is another attempt, with a promise of its own.
      this.#state = { phase: "idle" };
      this.#waiters.reject(error, this.#announcer.hearsErrors);
      this.#announcer.report(error);
      this.#abandon("lost");
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
    if (state.phase !== "open" && state.phase !== "closing") this.#abandon("requested", message);
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

  /** No connection will take the waiting session up, and no session what was never sent. */
  #abandon(reason: "lost" | "requested", message?: string): void {
    const driver = this.#session?.peer.driver;
    if (reason === "lost") driver?.lose();
    else driver?.dismiss(reason, message);
    this.#unsent.giveUp((socket, lost) => this.#news.lost(socket, lost));
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
