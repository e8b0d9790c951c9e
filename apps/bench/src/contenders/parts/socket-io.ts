import { once } from "node:events";
import { Agent, createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { Server as SocketIoServer, type Socket as Peer } from "socket.io";
import { io, type Socket } from "socket.io-client";
import type { Client, Contender } from "../../contender.ts";
import { ListenerMap } from "./listener-map.ts";

/** socket.io over WebSocket on a Unix socket; its limit on messages raised from 1 MB. */
export const socketIo: Contender = {
  async listen(path, serve) {
    const http = createServer();
    const server = new SocketIoServer(http, {
      transports: ["websocket"],
      maxHttpBufferSize: 32 * 1024 * 1024,
    });
    const listeners = new ListenerMap<[peer: Peer]>();
    const handlers = new Map<string, (data: unknown) => unknown>();
    serve<Peer>({
      on: (event, listener) => listeners.on(event, listener),
      emit: (peer, event, data) => void peer.emit(event, data),
      handle: (event, handler) => void handlers.set(event, handler),
      broadcast: (event, data) => void server.emit(event, data),
    });
    server.on("connection", (peer) => {
      for (const [event, listener] of listeners) {
        peer.on(event, (data: unknown) => listener(data, peer));
      }
      for (const [event, handler] of handlers) {
        peer.on(event, (data: unknown, reply: (reply: unknown) => void) => reply(handler(data)));
      }
    });
    http.listen(path);
    await once(http, "listening");
  },

  client: (path) => new SocketIoClient(path),
};

/** The way of node:http to dial a Unix socket under a name that looks like a host's. */
class LocalAgent extends Agent {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override createConnection(): Duplex {
    return connect(this.#path);
  }
}

class SocketIoClient implements Client {
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  #socket: Socket | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<void> {
    if (this.#socket === undefined) {
      this.#socket = io("ws://localhost", {
        transports: ["websocket"],
        forceNew: true,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- declared as a string, handed on to ws as it is
        agent: new LocalAgent(this.#path) as unknown as string,
      });
      for (const [event, listener] of this.#listeners) this.#socket.on(event, listener);
    } else {
      this.#socket.connect();
    }
    const socket = this.#socket;
    await new Promise<void>((connected, failed) => {
      socket.once("connect", connected);
      socket.once("connect_error", failed);
    });
  }

  async disconnect(): Promise<void> {
    this.#socket?.disconnect();
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
    this.#socket?.on(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    this.#socket?.emit(event, data);
    return true;
  }

  onceDrained(): void {
    throw new Error("socket.io never asks its user to wait");
  }

  async invoke(event: string, data: unknown): Promise<unknown> {
    return this.#socket?.emitWithAck(event, data);
  }
}
