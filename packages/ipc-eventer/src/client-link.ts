import type { SessionEnd, Welcome } from "@ipc/protocol";
import type { Connection } from "@ipc/transport";
import type { Announcer } from "./announcer.ts";
import { type ClientSession, ClientSessions } from "./client-sessions.ts";
import type { ClientState } from "./client-state.ts";
import { ConnectWaiters } from "./connect-waiters.ts";
import { Dialer } from "./dialer.ts";
import type { Encryption } from "./encryption.ts";
import { IPCError, refusedByServer } from "./error.ts";
import type { Handlers } from "./handlers.ts";
import type { AnySocket } from "./ipc-socket.ts";
import { backoffOf, callTimeoutOf, timeoutMistake } from "./options.ts";
import type { ConnectOptions, IPCClientOptions } from "./options.ts";
import type { Peer, PeerOwner } from "./peer.ts";
import { Redialing } from "./redialing.ts";

/** The client's side of its connection: dialling, the handshake, staying connected, and taking leave. */
export class ClientLink {
  readonly #dialer: Dialer;
  readonly #announcer: Announcer;
  readonly #redialing: Redialing;
  readonly #owner: PeerOwner<AnySocket>;
  readonly #waiters = new ConnectWaiters<AnySocket>({
    handleGivenUp: (error) => this.#announcer.report(error),
    handleDeserted: () => this.#deserted(),
  });
  readonly #whenClosed: (() => void)[] = [];
  #state: ClientState = { phase: "idle" };
  readonly #sessions: ClientSessions;
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
    this.#announcer = announcer;
    this.#dialer = new Dialer(endpoint, name, options, encryption);
    this.#sessions = new ClientSessions(
      {
        name,
        callTimeout: callTimeoutOf(options),
        carriesUnsent: options.carryUnsent !== false,
        leave: (reason) => void this.disconnect(reason),
      },
      announcer,
    );
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
      handleEvent: (event, data, socket, context) =>
        announcer.surfaceIn(context, event, data, socket),
      handlePong: (pong, socket) => announcer.surface("user-pong", pong, socket),
      hears: (event) => announcer.hears(event),
      handleReport: (error, socket) => void announcer.report(error, socket),
      handleParked: (_, end) => this.#parked(end),
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
    const former = this.#sessions.current?.peer.driver.session;
    const peer = this.#dialer.introduce(connection, this.#owner, former);
    this.#state = { phase: "opening", peer };
    this.#announcer.tellConnection("open");
    this.#applyRef();
  }

  #welcomed(peer: Peer<AnySocket>, welcome: Welcome): void {
    this.#dialer.keep(welcome, peer.sealed);
    const { current } = this.#sessions;
    if (welcome.recovery?.resumed === true && current !== undefined) {
      this.#goOn(current, peer);
      return;
    }
    current?.peer.driver.lose(welcome.recovery?.received);
    // A listener of the lost session may have called disconnect().
    if (this.#state.phase === "opening") this.#begin(peer, welcome.id);
  }

  /** The session goes on over the connection that was opened for it. */
  #goOn({ peer, socket }: ClientSession, begun: Peer<AnySocket>): void {
    this.#state = { phase: "open", peer };
    this.#redialing.connected(performance.now());
    peer.driver.takeOver(begun.driver);
    this.#applyRef();
    this.#waiters.resolve(socket);
  }

  #begin(peer: Peer<AnySocket>, id: string): void {
    const session = this.#sessions.begin(peer, id);
    this.#state = { phase: "open", peer };
    this.#redialing.connected(performance.now());
    peer.holdForOneTurn();
    this.#waiters.resolve(session.socket);
    this.#sessions.announce(session);
  }

  /** The connection is gone, and the session waits for the next. */
  #parked(end: SessionEnd): void {
    const waiting: ClientState = { phase: "idle" };
    this.#state = waiting;
    const wait = this.#redialing.afterLoss(end, performance.now());
    this.#sessions.parked(end);
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
    const isCurrent = this.#sessions.current?.peer === peer;
    if (!("peer" in this.#state) || this.#state.peer !== peer) {
      // A session that waited for a connection in vain.
      if (isCurrent) this.#sessions.over(end, this.#redialing.persists);
      return;
    }
    const { phase } = this.#state;
    this.#announcer.tellConnection("closed");
    this.#state = { phase: "idle" };
    if (isCurrent) this.#lost(end, phase === "open");
    else if (phase === "opening") this.#failed(end.error ?? refusedByServer(end));
    for (const closed of this.#whenClosed.splice(0)) closed();
    // A connect() called while the old connection was closing.
    if (this.#isIdle() && this.#waiters.size > 0) {
      this.#redialing.begin(performance.now());
      this.#dial();
    }
  }

  /** The session has ended with its connection, by whatever end. */
  #lost(end: SessionEnd, unexpected: boolean): void {
    const over = this.#state;
    const wait = unexpected ? this.#redialing.afterLoss(end, performance.now()) : undefined;
    this.#sessions.over(end, wait !== undefined);
    // A listener may have called connect() or disconnect() already.
    if (wait !== undefined && this.#state === over) this.#wait(wait);
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    // A session that waited for it has a deadline of its own again.
    this.#sessions.current?.peer.driver.schedule();
    const { wait, silent } = this.#redialing.afterFailure(error, performance.now());
    if (wait === undefined) {
      // A listener may call connect() anew: that is another attempt, with a promise of its own.
      this.#state = { phase: "idle" };
      this.#waiters.reject(error, this.#announcer.hearsErrors);
      this.#announcer.report(error);
      this.#sessions.abandon("lost");
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
    if (state.phase !== "open" && state.phase !== "closing")
      this.#sessions.abandon("requested", message);
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
