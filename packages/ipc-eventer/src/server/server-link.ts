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
import { codeOf, IPCError } from "../error.ts";
import { defaultAnswerTimeout, endMistake, waitMistake } from "../option-mistakes.ts";
import { type IPCServerOptions, listenOptionsOf, transportOf } from "../options.ts";
import { Identity, processSecret } from "./identity.ts";
import { maxPendingConnections } from "./pending-connections.ts";
import type { Reception } from "./reception.ts";

/** Where a server stands. */
type State =
  | { readonly phase: "stopped" }
  /** The endpoint is being claimed; connections that come already wait. */
  | { readonly phase: "starting"; readonly early: Connection[] }
  /** `turn` is the call of `start` that came so far. */
  | { readonly phase: "listening"; readonly listener: TransportListener; readonly turn: Turn }
  | { readonly phase: "stopping" };

/** A call of `start` or `stop`, which runs when those before it are done. */
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
  /** Milliseconds that clients have to finish. Default 10 s; those that have not are closed then. */
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

/** Milliseconds between two looks whether the name is free. */
const claimInterval = 50;

const atRest: Turn = { call: "stop", done: Promise.resolve() };

/** The server's side of its endpoint: claiming it, listening, and giving it back. */
export class ServerLink {
  readonly #endpoint: string;
  readonly #options: Omit<IPCServerOptions, "password">;
  readonly #encryption: Encryption;
  readonly #reception: Reception;
  readonly #announcer: Announcer;
  #state: State = { phase: "stopped" };
  /** The last call decides where the server ends; the same call again joins it. */
  #last: Turn = atRest;
  #refed = true;

  constructor(
    endpoint: string,
    options: Omit<IPCServerOptions, "password">,
    encryption: Encryption,
    reception: Reception,
    announcer: Announcer,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#encryption = encryption;
    this.#reception = reception;
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

  /** Answers the promise to wait for: a handler of this server cannot wait for the end of its own session. */
  #waitFor(begin: () => Promise<void>): Promise<void> {
    return this.#reception.running.waitFor(begin, (error) => void this.#announcer.report(error));
  }

  /**
   * Stop; `grace` is the time that clients have to finish and go by themselves, `answers` the time that
   * handlers have to answer.
   */
  #end(grace: number, answers: number): Promise<void> {
    if (this.#last.call === "stop") return this.#last.done;
    const act = (): Promise<void> => this.#close(grace, answers);
    // At once, unless calls made before this one are still to have their turn.
    const now = this.#state.phase === "listening" && this.#state.turn === this.#last;
    this.#last = { call: "stop", done: now ? act() : this.#last.done.then(act, act) };
    return this.#last.done;
  }

  /** Let the listening server keep the process alive, or not. */
  hold(refed: boolean): void {
    this.#refed = refed;
    if (this.#state.phase !== "listening") return;
    if (refed) this.#state.listener.ref();
    else this.#state.listener.unref();
  }

  async #listen(turn: Turn, timeout: number): Promise<void> {
    const acceptor = {
      handleConnection: (connection: Connection) => this.#connection(connection),
      handleError: (error: Error) => void this.#announcer.report(error),
    };
    const early: Connection[] = [];
    this.#state = { phase: "starting", early };
    try {
      await this.#encryption.ready();
      const listener = await this.#claim(acceptor, () => this.#last === turn, timeout);
      if (!this.#refed) listener.unref();
      this.#reception.open(await this.#identify(listener));
      this.#state = { phase: "listening", listener, turn };
    } catch (error) {
      this.#state = { phase: "stopped" };
      if (this.#last === turn) this.#last = atRest;
      for (const connection of early) connection.abort();
      // An end of the application's own, or one that a listener was told of, need not be awaited too.
      const isStopped = codeOf(error) === "IPC_CLOSED";
      if (isStopped || this.#announcer.report(error)) turn.done.catch(ignore);
      throw error;
    }
    this.#announcer.emit("listening", this.#endpoint);
    for (const connection of early) this.#reception.accept(connection);
  }

  /** The identity that proves the ids of clients. Without a secret that outlasts the process it ends with that. */
  async #identify(listener: TransportListener): Promise<Identity> {
    try {
      const secret = await listener.secret?.();
      if (secret !== undefined) return new Identity(secret);
    } catch (error) {
      // A process that could write there must not bring about more than new ids.
      this.#announcer.report(error);
    }
    return new Identity(processSecret(listener.address));
  }

  /** Listen; while another server has the name, try again until the time is over or `stop` was called. */
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
        throw new IPCError("IPC_CLOSED", "stop() was called before the name was free.");
      }
      await delay(claimInterval, this.#refed);
    }
  }

  async #close(grace: number, answers: number): Promise<void> {
    if (this.#state.phase !== "listening") return;
    const released = this.#state.listener.close();
    // It is awaited when all clients have gone.
    released.catch(ignore);
    this.#state = { phase: "stopping" };
    try {
      if (grace > 0) {
        // The name is free before a client is asked to come back to it.
        await released;
        await this.#reception.sendAway(grace);
      }
    } finally {
      await this.#reception.close(answers);
      await released.finally(() => {
        this.#state = { phase: "stopped" };
      });
    }
  }

  #connection(connection: Connection): void {
    if (this.#state.phase !== "starting") {
      this.#reception.accept(connection);
    } else if (this.#state.early.length < maxPendingConnections) {
      connection.unref();
      this.#state.early.push(connection);
    } else {
      // As many as are kept pending afterwards: a client with `reconnect` dials again.
      connection.abort();
    }
  }
}

function ignore(): void {
  // The error has been told elsewhere.
}
