import {
  createNodeTransport,
  type Acceptor,
  type Connection,
  type Transport,
} from "@ipc/transport";

/** The chunks that the connections of one side have been asked to write, and have read. */
export class WriteCount {
  writes = 0;
  chunks: Uint8Array[] = [];
  received: Uint8Array[] = [];

  get bytes(): number {
    return this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  reset(): void {
    this.writes = 0;
    this.chunks = [];
    this.received = [];
  }
}

/** The sockets of this machine, whose writes are counted on both sides. */
export interface CountingCarrier {
  readonly transport: Transport;
  /** The counts of dialled connections. */
  readonly dialled: WriteCount;
  /** The counts of accepted connections. */
  readonly accepted: WriteCount;
}

/** Makes a carrier that counts. */
export function countingCarrier(): CountingCarrier {
  const sockets = createNodeTransport();
  const dialled = new WriteCount();
  const accepted = new WriteCount();
  const transport: Transport = {
    async dial(endpoint, options) {
      return counted(await sockets.dial(endpoint, options), dialled);
    },
    listen(endpoint, acceptor, options) {
      const counting: Acceptor = {
        handleConnection: (connection) => acceptor.handleConnection(counted(connection, accepted)),
        handleError: (error) => acceptor.handleError(error),
      };
      return sockets.listen(endpoint, counting, options);
    },
  };
  return { transport, dialled, accepted };
}

function counted(connection: Connection, count: WriteCount): Connection {
  const send = connection.send.bind(connection);
  const sendAll = connection.sendAll.bind(connection);
  const attach = connection.attach.bind(connection);
  connection.attach = (handler) => {
    attach({
      handleChunk(chunk) {
        count.received.push(Uint8Array.from(chunk));
        handler.handleChunk(chunk);
      },
      handleDrain: () => handler.handleDrain(),
      handleClose: (error) => handler.handleClose(error),
    });
  };
  connection.send = (chunk) => {
    count.writes += 1;
    count.chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return send(chunk);
  };
  connection.sendAll = (chunks) => {
    count.writes += 1;
    count.chunks.push(...chunks);
    return sendAll(chunks);
  };
  return connection;
}
