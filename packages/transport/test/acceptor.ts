import { setImmediate as nextTurn } from "node:timers/promises";
import type { Acceptor, Connection } from "../src/transport.ts";

/** An acceptor that keeps what it is given. */
export class RecordingAcceptor implements Acceptor {
  readonly connections: Connection[] = [];
  readonly errors: Error[] = [];

  handleConnection(connection: Connection): void {
    this.connections.push(connection);
  }

  handleError(error: Error): void {
    this.errors.push(error);
  }

  /** The connection that was accepted as that one, counted from 0. */
  async connectionAt(index: number): Promise<Connection> {
    for (;;) {
      const connection = this.connections[index];
      if (connection !== undefined) return connection;
      await nextTurn();
    }
  }
}
