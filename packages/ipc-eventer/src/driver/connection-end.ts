import type { ByteWriter } from "@ipc/protocol";
import { type Connection, type ConnectionHandler, realTime } from "@ipc/transport";

/** Drives a session over a connection. */
export interface ConnectionDriver {
  handleChunk(chunk: Uint8Array): void;
  handleDrain(): void;
  handleClose(error: Error | undefined): void;
}

/** The writer of a handshake or session without a connection. */
export const nowhere: ByteWriter = { send: () => false, sendAll: () => false, bufferedBytes: 0 };

/** Bytes of a read after which the system may have more at once: libuv takes up to 32 of them in one turn of the loop. */
const fullRead: number = 64 * 1024;

/** Milliseconds that one connection has of a turn of the loop before the others have theirs. */
const turnTime = 4;

/** This side's end of one connection: it tells its driver, which may change or be none. */
export class ConnectionEnd implements ConnectionHandler {
  readonly connection: Connection;
  driver: ConnectionDriver | undefined;
  #paused = false;
  /** Milliseconds that full reads took in this turn of the loop; -1 if there was none. */
  #spent = -1;
  #rests = false;

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

  /** End the connection without telling the driver. */
  drop(): void {
    this.driver = undefined;
    this.connection.abort();
  }

  handleChunk(chunk: Uint8Array): void {
    if (chunk.byteLength < fullRead) {
      this.driver?.handleChunk(chunk);
      return;
    }
    const begun = realTime.now();
    this.driver?.handleChunk(chunk);
    this.#spend(realTime.now() - begun);
  }

  /** The loop has turned: read on. */
  handleTurn(): void {
    this.#spent = -1;
    if (!this.#rests) return;
    this.#rests = false;
    if (!this.#paused) this.connection.resume();
  }

  handleDrain(): void {
    this.driver?.handleDrain();
  }

  handleClose(error: Error | undefined): void {
    this.driver?.handleClose(error);
  }

  // A peer may send what takes long to read, such as messages of a few bytes: other connections should not wait for all of it.
  #spend(milliseconds: number): void {
    if (this.#spent === -1) {
      this.#spent = 0;
      realTime.setImmediate(turn, this);
    }
    this.#spent += milliseconds;
    if (this.#spent < turnTime || this.#rests || this.#paused) return;
    this.#rests = true;
    this.connection.pause();
  }
}

// A shared function with the end as argument: no closure per turn.
function turn(end: ConnectionEnd): void {
  end.handleTurn();
}
