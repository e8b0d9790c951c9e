import { TransportError } from "./errors.ts";
import type { DialOptions, ListenOptions } from "./options.ts";

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
  /** Stop accepting and give the endpoint back. Open connections go on. Idempotent. */
  close(): Promise<void>;
  ref(): void;
  unref(): void;
}

/**
 * One live byte stream between two processes, as the layers above see it.
 *
 * Every carrier (a socket, a pipe, memory) implements this contract and passes the one contract
 * suite beside it. Chunk boundaries mean nothing. A fresh connection reads nothing until a handler
 * is attached.
 *
 * - commands: `attach`, `send`, `sendAll`, `pause`, `resume`, `close`, `abort`, `ref`, `unref`
 * - outputs, through the handler: `handleChunk`, `handleDrain`, `handleClose`
 */
export interface Connection {
  /** The address that the connection reaches, for messages to people: a socket path, a pipe name. */
  readonly address: string;
  /** Bytes accepted by `send` that the operating system (in memory: the peer) has not taken yet. */
  readonly bufferedBytes: number;
  /** False from the moment `close` or `abort` was called or the stream ended. */
  readonly open: boolean;
  /** Give the connection its one handler and let it read. Throws `IPC_TRANSPORT_OPTION` if it has one. */
  attach(handler: ConnectionHandler): void;
  /**
   * Queue one chunk; a string is sent as UTF-8. Answers false at or above the high-water mark:
   * the chunk is kept all the same, and `handleDrain` says when to go on. On a closed connection
   * the chunk is dropped and the answer is false. The bytes must not be changed afterwards.
   */
  send(chunk: Uint8Array | string): boolean;
  /**
   * `send` for several chunks that leave in one write. With `gives` their memory is the connection's
   * from now on: large ones that have it for themselves are freed as soon as the system has taken them.
   */
  sendAll(chunks: readonly Uint8Array[], gives?: boolean): boolean;
  /** Stop handing over chunks; the peer is held back once the operating system's buffers fill. */
  pause(): void;
  /** Hand over chunks again. */
  resume(): void;
  /**
   * End gracefully: everything sent so far leaves first, then the stream ends. Nothing more is
   * handed over; what the peer still sends is dropped until it ends as well. Idempotent.
   */
  close(): void;
  /**
   * End at once, discarding what is queued; what the system has taken already still arrives.
   * `handleClose` gets the error, if one is given.
   */
  abort(error?: Error): void;
  /** Let this connection keep the process alive (the default), as in node:net. */
  ref(): void;
  /** Let the process end although this connection is open, as in node:net. */
  unref(): void;
}

/** The owner of a connection. None of these methods may throw. */
export interface ConnectionHandler {
  /** Bytes as the operating system delivered them. They are there during the call only: copy what is kept. */
  handleChunk(chunk: Uint8Array): void;
  /** Called after `send` answered false, once the queue is empty. */
  handleDrain(): void;
  /**
   * The stream is over; called exactly once, after the last chunk. Without an error the peer ended
   * it or `close` completed. Half-close is not supported: the peer's end of stream closes this side
   * after what was sent has left.
   */
  handleClose(error: TransportError | Error | undefined): void;
}

/** Bytes queued in a connection at which `send` answers false: Node.js 22's own default. */
export const HIGH_WATER_MARK: number = 64 * 1024;

/** The error of a second handler that is attached to a connection. */
export function secondHandler(address: string): TransportError {
  const text = `The connection to ${address} has a handler already. Attach one handler only.`;
  return new TransportError("IPC_TRANSPORT_OPTION", address, text);
}
