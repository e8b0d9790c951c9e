import type { OptionNames } from "@ipc/protocol";
import { errorChannel } from "../diagnostics/diagnostics.ts";
import type { AnyEvents, EventMap } from "../listening/event-map.ts";
import { IPCClient } from "../ipc-client.ts";
import { IPCServer } from "../ipc-server.ts";
import { Membership } from "./membership.ts";
import { IPCError } from "../error.ts";
import {
  assertClientOptions,
  assertServerOptions,
  assertSharedOptions,
  type EndpointOptions,
  type IPCClientOptions,
  type IPCServerOptions,
} from "../options.ts";

/** The mean time between attempts of a member to reach the server: it is never away for long. */
const reconnectInterval = 100;

/** Options of `connectOrServe`: how each role is set up, and how the members talk. */
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
 * Serve a name if no process does, else connect to the one that does. When the server goes, one of the others
 * takes its place, and the rest connect to it.
 *
 * The callbacks set up listeners and handlers; `serve` runs once for every attempt to serve. Rejects
 * with what `server.start()` (`EADDRINUSE` apart) or `client.connect()` reject with. What keeps the
 * process from serving later, an error of `serve` too, goes to `error` of the client. Rejects with
 * `IPC_INVALID_OPTION` at once, whatever role is free.
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
  // Now, and not in the role that this process may take much later.
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
        // The server publishes its own errors itself.
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
