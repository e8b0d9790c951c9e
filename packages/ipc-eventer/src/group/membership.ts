import type { EventMap } from "../listening/event-map.ts";
import { codeOf, isAbsent } from "../error.ts";
import type { IPCClient } from "../ipc-client.ts";
import type { IPCServer } from "../ipc-server.ts";
import { emitSafely } from "../listening/listeners.ts";

/** How the members of a group are made. */
export interface MemberMakers<
  ToServer extends EventMap<ToServer>,
  ToClient extends EventMap<ToClient>,
> {
  makeServer(): Promise<IPCServer<ToServer, ToClient>>;
  makeClient(): Promise<IPCClient<ToClient, ToServer>>;
}

/** The present part of a member. */
type Part<ToServer extends EventMap<ToServer>, ToClient extends EventMap<ToClient>> =
  | { readonly role: "none" }
  | { readonly role: "server"; readonly server: IPCServer<ToServer, ToClient> }
  | { readonly role: "client"; readonly client: IPCClient<ToClient, ToServer> };

/**
 * This process's place in a group of which one member serves and the others are its clients. When the
 * server goes, each tries to take its place: the name has one owner, so one succeeds.
 */
export class Membership<ToServer extends EventMap<ToServer>, ToClient extends EventMap<ToClient>> {
  readonly #makers: MemberMakers<ToServer, ToClient>;
  #part: Part<ToServer, ToClient> = { role: "none" };
  /** The change of roles that is under way. */
  #change: Promise<void> | undefined;
  #left = false;

  /** Members are made by `connectOrServe`. */
  constructor(makers: MemberMakers<ToServer, ToClient>) {
    this.#makers = makers;
  }

  /** The present role of this process; `none` before the first role and after `leave`. */
  get role(): "server" | "client" | "none" {
    return this.#part.role;
  }

  /** The server, while this process is it. */
  get server(): IPCServer<ToServer, ToClient> | undefined {
    return this.#part.role === "server" ? this.#part.server : undefined;
  }

  /** The client, while another process serves. */
  get client(): IPCClient<ToClient, ToServer> | undefined {
    return this.#part.role === "client" ? this.#part.client : undefined;
  }

  /** Take a role for the first time. Rejects with what keeps both from being taken. */
  async join(): Promise<void> {
    if (await this.#serve()) return;
    const client = await this.#makers.makeClient();
    this.#part = { role: "client", client };
    client.on("disconnect", () => this.#tryToServe());
    client.on("error", (error: Error) => {
      if (isAbsent(error)) this.#tryToServe();
    });
    try {
      await client.connect();
    } catch (error) {
      // The server may have gone, and this process taken its place.
      await this.#change;
      if (this.role === "server") return;
      this.#part = { role: "none" };
      throw error;
    }
  }

  /** Give the role up: a server hands over to the others, a client disconnects. */
  async leave(): Promise<void> {
    this.#left = true;
    // In a handler, what ends below is to know its call: see `RunningCalls`.
    if (this.#change !== undefined) await this.#change;
    const part = this.#part;
    this.#part = { role: "none" };
    if (part.role === "server") await part.server.handOver();
    else if (part.role === "client") await part.client.disconnect();
  }

  /** The same as `leave`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  #tryToServe(): void {
    if (this.#left || this.#part.role !== "client") return;
    this.#change ??= this.#takeOver().finally(() => {
      this.#change = undefined;
    });
  }

  /** No process serves: become the server, unless another member is faster. */
  async #takeOver(): Promise<void> {
    const former = this.#part;
    if (former.role !== "client") return;
    try {
      if (await this.#serve()) await former.client.disconnect();
    } catch (error) {
      // The client goes on dialling, and the next attempt that finds no server is one to serve as well.
      emitSafely(former.client, "error", error);
    }
  }

  /** True if this process is the server now; false if another one is. */
  async #serve(): Promise<boolean> {
    const server = await this.#makers.makeServer();
    try {
      await server.start();
    } catch (error) {
      if (codeOf(error) === "EADDRINUSE") return false;
      throw error;
    }
    this.#part = { role: "server", server };
    return true;
  }
}
