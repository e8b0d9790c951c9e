import type { TransportError } from "./errors.ts";

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
  /** After `send` answered false: the queue is empty, go on. */
  handleDrain(): void;
  /**
   * The stream is over; called exactly once, after the last chunk. Without an error the peer ended
   * it or `close` completed. Half-close is not supported: the peer's end of stream closes this side
   * after what was sent has left.
   */
  handleClose(error: TransportError | Error | undefined): void;
}
