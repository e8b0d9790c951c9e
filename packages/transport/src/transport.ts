import type { Connection } from "./connection.ts";

/** A way to reach endpoints: the local sockets and pipes of this machine, or memory in tests. */
export interface Transport {
  /**
   * Claim the endpoint and accept connections, the first of which may arrive before the promise
   * resolves. Rejects with `EADDRINUSE` when another process serves it, `IPC_DIRECTORY_REFUSED` when
   * others could replace the socket, or another `TransportError`. With `fd` it rejects with
   * `IPC_NOT_INHERITED`, `IPC_LISTEN_PID`, `IPC_DESCRIPTOR_NAME` or `IPC_NOT_A_SOCKET`.
   */
  listen(endpoint: string, acceptor: Acceptor, options?: ListenOptions): Promise<Listener>;
  /**
   * Open a connection. Rejects with `ENOENT`, `ECONNREFUSED`, `EACCES`, `EAGAIN`, `ETIMEDOUT`,
   * `IPC_WRONG_OWNER` or another `TransportError`, or with the signal's reason.
   */
  dial(endpoint: string, options?: DialOptions): Promise<Connection>;
}

/** The owner of a listener. Neither method may throw. */
export interface Acceptor {
  /** A client has connected. Nothing is read until a handler is attached. */
  handleConnection(connection: Connection): void;
  /** The listener itself failed after it had started; it goes on where that is possible. */
  handleError(error: Error): void;
}

/** One claimed endpoint. */
export interface Listener {
  /** The socket path or pipe name that is served; `descriptor <n>` where the system tells no path. */
  readonly address: string;
  /**
   * 32 secret bytes of the endpoint that outlast this server; missing where it has no directory, for
   * pipes, memory and `fd`. Rejects with `IPC_SECRET_REFUSED`.
   */
  secret?(): Promise<Uint8Array>;
  /** Stop accepting and give the endpoint back. Open connections live on. Idempotent. */
  close(): Promise<void>;
  ref(): void;
  unref(): void;
}

/** Where an endpoint's socket lies, shared by both sides. */
export interface EndpointOptions {
  /** The directory that holds the sockets, instead of the default of the platform. POSIX only. */
  directory?: string | undefined;
}

export interface ListenOptions extends EndpointOptions {
  /** Permission bits of the socket file. Default 0o600. POSIX only. */
  mode?: number | undefined;
  /** Connections the system may hold before they are accepted. Default 511. */
  backlog?: number | undefined;
  /**
   * Listen on a Unix stream socket that this process inherited, already bound, instead of making
   * one: a descriptor, or `"systemd"` for the one that systemd passed under the endpoint's name, or
   * else the only one (sd_listen_fds(3)). Its file belongs to the process that made it: `directory` and
   * `mode` mean nothing, `close` removes nothing, and `backlog` is by default what the system allows.
   * POSIX only.
   */
  fd?: number | "systemd" | undefined;
  /** Let every local user read the pipe. Windows only. */
  readableAll?: boolean | undefined;
  /** Let every local user write the pipe, and so receive some of the clients: only with a password. Windows only. */
  writableAll?: boolean | undefined;
}

export interface DialOptions extends EndpointOptions {
  /** Give up: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until `ETIMEDOUT`. Default: none. */
  timeout?: number | undefined;
  /** The user id that must own the socket, checked before anything is sent. Default: ours, or root. POSIX only. */
  owner?: number | undefined;
}
