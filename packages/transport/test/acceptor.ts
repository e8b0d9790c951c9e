import type { Connection } from "../src/connection.ts";
import type { Acceptor } from "../src/transport.ts";

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
}
