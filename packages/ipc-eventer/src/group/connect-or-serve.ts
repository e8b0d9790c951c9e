import type { OptionNames } from "@ipc/protocol";
import { errorChannel } from "../diagnostics/diagnostics.ts";
import type { AnyEvents, EventMap } from "../listening/event-map.ts";
import { IPCClient } from "../ipc-client.ts";
import { IPCServer } from "../ipc-server.ts";
import { codeOf, IPCError, isAbsent } from "../errors.ts";
import { emitSafely } from "../listening/listeners.ts";
import {
  assertClientOptions,
  assertServerOptions,
  assertSharedOptions,
  type EndpointOptions,
  type IPCClientOptions,
  type IPCServerOptions,
} from "../options.ts";

/** The mean milliseconds between attempts of a member to reach the server, which soon has a successor. */
const reconnectInterval = 100;

/** Options of `connectOrServe`: the setup of each role, and the options that both share. */
export interface ConnectOrServeOptions<
  ToServer extends EventMap<ToServer> = AnyEvents,
  ToClient extends EventMap<ToClient> = AnyEvents,
> extends EndpointOptions {
  /** Called with the server, not started yet, whenever this process is about to serve. */
  serve: (server: IPCServer<ToServer, ToClient>) => unknown;
  /** Called with the client, not connected yet, when another process serves. */
  connect: (client: IPCClient<ToClient, ToServer>) => unknown;
  /** Further options of the server. */
  server?: IPCServerOptions | undefined;
  /** Further options of the client, which always reconnects. */
  client?: IPCClientOptions | undefined;
}

const ownOptions: OptionNames<Omit<ConnectOrServeOptions, keyof EndpointOptions>> = {
  serve: true,
  connect: true,
  server: true,
  client: true,
};

/**
 * Serves a name if no process does, else connects to the one that does. When the server ends, one of the clients
 * serves, and the rest connect to it.
 *
 * The callbacks set up listeners and handlers; `serve` runs once for every attempt to serve. Rejects with the errors
 * of `server.start()`, but for `EADDRINUSE`, and of `client.connect()`. Later errors of an attempt to serve, those of
 * `serve` too, go to `error` of the client. Rejects with `IPC_INVALID_OPTION` at once, whatever the role.
 */
export async function connectOrServe<
  ToServer extends EventMap<ToServer> = AnyEvents,
  ToClient extends EventMap<ToClient> = AnyEvents,
>(
  name: string,
  options: ConnectOrServeOptions<ToServer, ToClient>,
): Promise<Membership<ToServer, ToClient>> {
  assertSharedOptions(options, ownOptions);
  const { serve, connect, server: ofServer, client: ofClient, ...shared } = options;
  // Checked now: this process may take the other role much later.
  assertCallback("serve", serve);
  assertCallback("connect", connect);
  assertServerOptions(ofServer ?? {});
  assertClientOptions(ofClient ?? {});
  const membership = new Membership<ToServer, ToClient>({
    async makeServer() {
      const server = new IPCServer<ToServer, ToClient>(name, { ...shared, ...ofServer });
      try {
        await serve(server);
      } catch (error) {
        // Errors of the server are published by itself.
        errorChannel.publish({ endpoint: name, role: "server", error });
        throw error;
      }
      return server;
    },
    async makeClient() {
      const own = { reconnectInterval, ...shared, ...ofClient, reconnect: true };
      const client = new IPCClient<ToClient, ToServer>(name, own);
      await connect(client);
      return client;
    },
  });
  await membership.join();
  return membership;
}

function assertCallback(name: "connect" | "serve", value: unknown): void {
  if (typeof value === "function") return;
  const text = `connectOrServe sets up each role by a function, and ${name} is ${typeof value}: connectOrServe(name, { serve(server) {}, connect(client) {} }).`;
  throw new IPCError("IPC_INVALID_OPTION", text);
}

/** Makes the server or client of a member. */
interface MemberMakers<ToServer extends EventMap<ToServer>, ToClient extends EventMap<ToClient>> {
  makeServer(): Promise<IPCServer<ToServer, ToClient>>;
  makeClient(): Promise<IPCClient<ToClient, ToServer>>;
}

/** The present role of a member, with its server or client. */
type MemberState<ToServer extends EventMap<ToServer>, ToClient extends EventMap<ToClient>> =
  | { readonly role: "none" }
  | { readonly role: "server"; readonly server: IPCServer<ToServer, ToClient> }
  | { readonly role: "client"; readonly client: IPCClient<ToClient, ToServer> };

/**
 * The membership of this process in a group of which one member serves and the others are its clients. When the
 * server ends, each client tries to serve: the name has one owner, so one succeeds.
 */
export class Membership<ToServer extends EventMap<ToServer>, ToClient extends EventMap<ToClient>> {
  readonly #makers: MemberMakers<ToServer, ToClient>;
  #state: MemberState<ToServer, ToClient> = { role: "none" };
  /** The change of roles that is under way. */
  #change: Promise<void> | undefined;
  #left = false;

  /** Members are made by `connectOrServe`. */
  constructor(makers: MemberMakers<ToServer, ToClient>) {
    this.#makers = makers;
  }

  /** The role of this process; `none` before the first one and after `leave`. */
  get role(): "server" | "client" | "none" {
    return this.#state.role;
  }

  /** The server, while this process serves. */
  get server(): IPCServer<ToServer, ToClient> | undefined {
    return this.#state.role === "server" ? this.#state.server : undefined;
  }

  /** The client, while another process serves. */
  get client(): IPCClient<ToClient, ToServer> | undefined {
    return this.#state.role === "client" ? this.#state.client : undefined;
  }

  /** Takes the first role. Rejects with the error that keeps it from both. */
  async join(): Promise<void> {
    if (await this.#serve()) return;
    const client = await this.#makers.makeClient();
    this.#state = { role: "client", client };
    client.on("disconnect", () => this.#tryToServe());
    client.on("error", (error: Error) => {
      if (isAbsent(error)) this.#tryToServe();
    });
    try {
      await client.connect();
    } catch (error) {
      // The server may have ended meanwhile, and this process may serve now.
      await this.#change;
      if (this.role === "server") return;
      this.#state = { role: "none" };
      throw error;
    }
  }

  /** Gives the role up: a server hands over to the others, a client disconnects. */
  async leave(): Promise<void> {
    this.#left = true;
    // No `await` before the end without a change: in a handler, the end has to know its call (`RunningCalls`).
    if (this.#change !== undefined) await this.#change;
    const state = this.#state;
    this.#state = { role: "none" };
    if (state.role === "server") await state.server.handOver();
    else if (state.role === "client") await state.client.disconnect();
  }

  /** The same as `leave`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  #tryToServe(): void {
    if (this.#left || this.#state.role !== "client") return;
    this.#change ??= this.#takeOver().finally(() => {
      this.#change = undefined;
    });
  }

  /** Serves, unless another member is faster. */
  async #takeOver(): Promise<void> {
    const former = this.#state;
    if (former.role !== "client") return;
    try {
      if (await this.#serve()) await former.client.disconnect();
    } catch (error) {
      // The client goes on dialling, and this process tries to serve again when an attempt finds no server.
      emitSafely(former.client, "error", error);
    }
  }

  /** Starts a server. Answers false if another process serves. */
  async #serve(): Promise<boolean> {
    const server = await this.#makers.makeServer();
    try {
      await server.start();
    } catch (error) {
      if (codeOf(error) === "EADDRINUSE") return false;
      throw error;
    }
    this.#state = { role: "server", server };
    return true;
  }
}
