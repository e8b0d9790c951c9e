import type { Connection, ConnectionHandler } from "@ipc/transport";

/** What drives a session over a connection. */
export interface ConnectionDriver {
  handleChunk(chunk: Uint8Array): void;
  handleDrain(): void;
  handleClose(error: Error | undefined): void;
}

/** This side's end of one connection: it tells whoever drives it, which may change, or nobody. */
export class ConnectionEnd implements ConnectionHandler {
  readonly connection: Connection;
  driver: ConnectionDriver | undefined;
  #paused = false;

  constructor(connection: Connection, driver: ConnectionDriver) {
    this.connection = connection;
    this.driver = driver;
    connection.attach(this);
  }

  /** Read no more until `resume`. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.connection.pause();
  }

  /** Read on, if reading was paused. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.connection.resume();
  }

  /** End the connection and tell nobody. */
  drop(): void {
    this.driver = undefined;
    this.connection.abort();
  }

  handleChunk(chunk: Uint8Array): void {
    this.driver?.handleChunk(chunk);
  }

  handleDrain(): void {
    this.driver?.handleDrain();
  }

  handleClose(error: Error | undefined): void {
    this.driver?.handleClose(error);
  }
}
