import {
  type EventMap,
  IPCClient,
  type IPCClientOptions,
  IPCServer,
  type IPCServerOptions,
  type IPCSocket,
} from "ipc-eventer";

/** The options of a process that is a server or a client. */
export interface EndpointBrief {
  readonly role: "server" | "client";
  readonly endpoint: string;
  readonly options: IPCServerOptions & IPCClientOptions;
}

/** A server or a client, where a case does not care which. */
export interface Endpoint {
  /** Listen, or dial and be connected. */
  open(): Promise<void>;
  /** Stop, or disconnect. */
  close(): Promise<void>;
  /** True while there is a connection. */
  readonly connected: boolean;
}

/** The options with a password, or without one. */
export function protect(password: string | undefined): { readonly password?: string } {
  return password === undefined ? {} : { password };
}

/** Make a server or a client; `meet` gets the socket of each session. What fails to connect is silent. */
export function createEndpoint<Talk extends EventMap<Talk>>(
  { role, endpoint, options }: EndpointBrief,
  meet: (socket: IPCSocket<Talk, Talk>) => void,
): Endpoint {
  // Each class refuses what is an option of the other one alone.
  const { recoveryWindow, reconnect, reconnectInterval, reconnectMaxInterval, ...both } = options;
  if (role === "server") {
    const window = recoveryWindow === undefined ? {} : { recoveryWindow };
    const server = new IPCServer<Talk, Talk>(endpoint, { ...both, ...window });
    server.on("connected", (socket) => meet(socket));
    server.on("error", ignore);
    return {
      open: () => server.start(),
      close: () => server.stop(),
      get connected() {
        return server.sockets.some((socket) => socket.connected);
      },
    };
  }
  const client = new IPCClient<Talk, Talk>(endpoint, {
    ...both,
    ...(reconnect === undefined ? {} : { reconnect }),
    ...(reconnectInterval === undefined ? {} : { reconnectInterval }),
    ...(reconnectMaxInterval === undefined ? {} : { reconnectMaxInterval }),
  });
  client.on("connected", (socket) => meet(socket));
  client.on("error", ignore);
  return {
    async open() {
      await client.connect();
    },
    close: () => client.disconnect(),
    get connected() {
      return client.connected;
    },
  };
}

function ignore(): void {
  // Dials fail whenever the way is cut; what matters is told by the socket.
}
