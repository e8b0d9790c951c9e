import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import {
  createMessageConnection,
  ParameterStructures,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import type { Client, Contender } from "../../contender.ts";
import { ListenerMap } from "./listener-map.ts";

/** vscode-jsonrpc over a Unix socket: events are notifications, calls are requests. */
export const vscodeJsonrpc: Contender = {
  async listen(path, serve) {
    const listeners = new ListenerMap<[peer: MessageConnection]>();
    const handlers = new Map<string, (data: unknown) => unknown>();
    const peers = new Set<MessageConnection>();
    serve<MessageConnection>({
      on: (event, listener) => listeners.on(event, listener),
      emit: notify,
      handle: (event, handler) => void handlers.set(event, handler),
      broadcast(event, data) {
        for (const peer of peers) notify(peer, event, data);
      },
    });
    const server = createServer((socket) => {
      const peer = over(socket);
      peers.add(peer);
      peer.onClose(() => peers.delete(peer));
      for (const [event, listener] of listeners) {
        peer.onNotification(event, (data: unknown) => listener(data, peer));
      }
      for (const [event, handler] of handlers) peer.onRequest(event, handler);
      peer.listen();
    });
    server.listen(path);
    await once(server, "listening");
  },

  client: (path) => new JsonrpcClient(path),
};

class JsonrpcClient implements Client {
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  #socket: Socket | undefined;
  #connection: MessageConnection | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<void> {
    this.#socket = connect(this.#path);
    await once(this.#socket, "connect");
    this.#connection = over(this.#socket);
    for (const [event, listener] of this.#listeners) {
      this.#connection.onNotification(event, listener);
    }
    this.#connection.listen();
  }

  async disconnect(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#connection?.dispose();
    const closed = once(socket, "close");
    socket.end();
    await closed;
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
    this.#connected.onNotification(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    notify(this.#connected, event, data);
    return true;
  }

  onceDrained(): void {
    throw new Error("vscode-jsonrpc never asks its user to wait");
  }

  async invoke(event: string, data: unknown): Promise<unknown> {
    return this.#connected.sendRequest(event, ParameterStructures.byPosition, data);
  }

  get #connected(): MessageConnection {
    if (this.#connection === undefined) throw new Error("not connected");
    return this.#connection;
  }
}

function over(socket: Socket): MessageConnection {
  const connection = createMessageConnection(
    new StreamMessageReader(socket),
    new StreamMessageWriter(socket),
  );
  // A peer that ends while it is written to.
  connection.onError(() => {});
  return connection;
}

/** Sends parameters by position, because parameters by name must be an object, and a string is none. */
function notify(connection: MessageConnection, event: string, data: unknown): void {
  connection.sendNotification(event, ParameterStructures.byPosition, data).catch(() => {});
}
