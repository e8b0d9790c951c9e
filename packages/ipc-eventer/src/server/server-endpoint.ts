import type { OptionNames } from "@ipc/protocol";
import {
  type Acceptor,
  type Connection,
  delay,
  realTime,
  type Listener as TransportListener,
} from "@ipc/transport";
import type { Announcer } from "../socket/announcer.ts";
import type { Encryption } from "../encryption.ts";
import { codeOf, IPCError } from "../errors.ts";
import { defaultAnswerTimeout, endMistake, waitMistake } from "../option-mistakes.ts";
import { type IPCServerOptions, listenOptionsOf, transportOf } from "../options.ts";
import { ClientTokens, processSecret } from "./client-ids.ts";
import { maxPendingHandshakes } from "./pending-handshakes.ts";
import type { ServerSessions } from "./server-sessions.ts";

/** The states of a server. */
type State =
  | { readonly phase: "stopped" }
  /** The endpoint is being claimed; connections that are accepted meanwhile wait. */
  | { readonly phase: "starting"; readonly early: Connection[] }
  /** `turn` is the call of `start` that has led here. */
  | { readonly phase: "listening"; readonly listener: TransportListener; readonly turn: Turn }
  | { readonly phase: "stopping" };

/** A call of `start` or `stop`, which runs when the calls before it are done. */
interface Turn {
  readonly call: "start" | "stop";
  readonly done: Promise<void>;
}

/** Options of `server.start()`. */
export interface StartOptions {
  /** Milliseconds to wait for the name while another server has it. Default 0: `EADDRINUSE` at once. */
  readonly timeout?: number | undefined;
}

/** Options of `server.handOver()`. */
export interface HandOverOptions {
  /** Milliseconds that clients have to finish. Default 10 s; then those that are left are closed. */
  readonly timeout?: number | undefined;
}

const timeoutAlone: OptionNames<StartOptions & HandOverOptions & StopOptions> = { timeout: true };

const defaultHandOverTimeout = 10_000;

/** Options of `server.stop()`. */
export interface StopOptions {
  /**
   * Milliseconds in which the handlers that run may still answer. Default 5 s; 0 does not wait. Then
   * their signals are aborted, and the calls are lost.
   */
  readonly timeout?: number | undefined;
}

/** Milliseconds between two attempts to claim a name. */
const claimInterval = 50;

const atRest: Turn = { call: "stop", done: Promise.resolve() };

/** The server's side of its endpoint: claiming it, listening, and giving it back. */
export class ServerEndpoint {
  readonly #endpoint: string;
  readonly #options: Omit<IPCServerOptions, "password">;
  readonly #encryption: Encryption;
  readonly #sessions: ServerSessions;
  readonly #announcer: Announcer;
  #state: State = { phase: "stopped" };
  /** The last call, which decides the final state; the same call again joins it. */
  #last: Turn = atRest;
  #refed = true;

  constructor(
    endpoint: string,
    options: Omit<IPCServerOptions, "password">,
    encryption: Encryption,
    sessions: ServerSessions,
    announcer: Announcer,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#encryption = encryption;
    this.#sessions = sessions;
    this.#announcer = announcer;
  }

  /** True while clients can connect. */
  get listening(): boolean {
    return this.#state.phase === "listening";
  }

  /** The socket path or pipe name that is served, `undefined` while none is. */
  get address(): string | undefined {
    return this.#state.phase === "listening" ? this.#state.listener.address : undefined;
  }

  /** See `IPCServer.start`. */
  start(options?: StartOptions): Promise<void> {
    const mistake = waitMistake("start", options, timeoutAlone);
    if (mistake !== undefined) return Promise.reject(mistake);
    const timeout = options?.timeout ?? 0;
    if (this.#last.call === "start") return this.#last.done;
    const act = (): Promise<void> => this.#listen(turn, timeout);
    const turn: Turn = { call: "start", done: this.#last.done.then(act, act) };
    this.#last = turn;
    return turn.done;
  }

  /** See `IPCServer.stop`. */
  stop(options?: StopOptions): Promise<void> {
    const mistake = endMistake("stop", options, timeoutAlone);
    if (mistake !== undefined) return Promise.reject(mistake);
    return this.#waitFor(() => this.#end(0, options?.timeout ?? defaultAnswerTimeout));
  }

  /** See `IPCServer.handOver`. */
  handOver(options?: HandOverOptions): Promise<void> {
    const mistake = endMistake("handOver", options, timeoutAlone);
    if (mistake !== undefined) return Promise.reject(mistake);
    return this.#waitFor(() => this.#end(options?.timeout ?? defaultHandOverTimeout, 0));
  }

  /** Returns the promise to wait for: a handler of this server cannot wait for the end of its own session. */
  #waitFor(begin: () => Promise<void>): Promise<void> {
    return this.#sessions.running.waitFor(begin, (error) => void this.#announcer.report(error));
  }

  /**
   * Stops. Clients have `grace` milliseconds to finish and to leave by themselves, handlers `answers` milliseconds to
   * answer.
   */
  #end(grace: number, answers: number): Promise<void> {
    if (this.#last.call === "stop") return this.#last.done;
    const act = (): Promise<void> => this.#close(grace, answers);
    // At once, unless earlier calls are still waiting for their turn.
    const now = this.#state.phase === "listening" && this.#state.turn === this.#last;
    this.#last = { call: "stop", done: now ? act() : this.#last.done.then(act, act) };
    return this.#last.done;
  }

  /** Lets the listening server keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#refed = refed;
    if (this.#state.phase !== "listening") return;
    if (refed) this.#state.listener.ref();
    else this.#state.listener.unref();
  }

  async #listen(turn: Turn, timeout: number): Promise<void> {
    const acceptor = {
      handleConnection: (connection: Connection) => this.#accept(connection),
      handleError: (error: Error) => void this.#announcer.report(error),
    };
    const early: Connection[] = [];
    this.#state = { phase: "starting", early };
    try {
      await this.#encryption.ready();
      const listener = await this.#claim(acceptor, () => this.#last === turn, timeout);
      if (!this.#refed) listener.unref();
      this.#sessions.open(await this.#tokens(listener));
      this.#state = { phase: "listening", listener, turn };
    } catch (error) {
      this.#state = { phase: "stopped" };
      if (this.#last === turn) this.#last = atRest;
      for (const connection of early) connection.abort();
      // The promise need not be awaited if the application has called stop(), or a listener got the error.
      const isStopped = codeOf(error) === "IPC_CLOSED";
      if (isStopped || this.#announcer.report(error)) turn.done.catch(ignore);
      throw error;
    }
    this.#announcer.emit("listening", this.#endpoint);
    for (const connection of early) this.#sessions.accept(connection);
  }

  /** Makes the tokens of client ids. Without a lasting secret they are valid as long as the process. */
  async #tokens(listener: TransportListener): Promise<ClientTokens> {
    try {
      const secret = await listener.secret?.();
      if (secret !== undefined) return new ClientTokens(secret);
    } catch (error) {
      // A process that can write to the secret must not cause more than new ids.
      this.#announcer.report(error);
    }
    return new ClientTokens(processSecret(listener.address));
  }

  /** Listens; while another server has the name, tries again until the time is over or `stop` is called. */
  async #claim(
    acceptor: Acceptor,
    wanted: () => boolean,
    timeout: number,
  ): Promise<TransportListener> {
    const transport = transportOf(this.#options);
    const deadline = realTime.now() + timeout;
    for (;;) {
      try {
        return await transport.listen(this.#endpoint, acceptor, listenOptionsOf(this.#options));
      } catch (error) {
        const inUse = codeOf(error) === "EADDRINUSE";
        if (!inUse || realTime.now() >= deadline) throw error;
      }
      if (!wanted()) {
        throw new IPCError(
          "IPC_CLOSED",
          "stop() was called before the server could listen. Call start() again to serve.",
        );
      }
      await delay(claimInterval, this.#refed);
    }
  }

  async #close(grace: number, answers: number): Promise<void> {
    if (this.#state.phase !== "listening") return;
    const released = this.#state.listener.close();
    // It is awaited when all clients have left.
    released.catch(ignore);
    this.#state = { phase: "stopping" };
    try {
      if (grace > 0) {
        // The name has to be free before clients connect again.
        await released;
        await this.#sessions.askToLeave(grace);
      }
    } finally {
      await this.#sessions.close(answers);
      await released.finally(() => {
        this.#state = { phase: "stopped" };
      });
    }
  }

  #accept(connection: Connection): void {
    if (this.#state.phase !== "starting") {
      this.#sessions.accept(connection);
    } else if (this.#state.early.length < maxPendingHandshakes) {
      connection.unref();
      this.#state.early.push(connection);
    } else {
      // The bound is that of pending handshakes; a client with `reconnect` dials again.
      connection.abort();
    }
  }
}

function ignore(): void {
  // The error is reported elsewhere.
}
