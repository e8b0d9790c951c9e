import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import type { Client, Contender, Server } from "../../contender.ts";
import { answersByHand, callsByHand } from "./calls-by-hand.ts";
import { ListenerMap, type NamedMessage } from "./listener-map.ts";

/** Bytes that may wait before the sender does; ws itself leaves that to its user. */
const highWaterMark = 65_536;

/** ws over a Unix socket, with events as named JSON messages; bytes follow their name in a message of their own. */
export const ws: Contender = {
  async listen(path, serve) {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    const listeners = new ListenerMap<[peer: WebSocket]>();
    const events: Pick<Server<WebSocket>, "on" | "emit"> = {
      on: (event, listener) => listeners.on(event, listener),
      emit: send,
    };
    serve<WebSocket>({
      ...events,
      handle: answersByHand(events),
      broadcast(event, data) {
        const message = JSON.stringify({ event, data } satisfies NamedMessage);
        for (const peer of server.clients) peer.send(message);
      },
    });
    server.on("connection", (peer) => {
      receive(peer, ({ event, data }) => listeners.deliver(event, data, peer));
    });
    http.listen(path);
    await once(http, "listening");
  },

  client: (path) => new WsClient(path),
};

class WsClient implements Client {
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  readonly invoke: Client["invoke"] = callsByHand(this);
  #socket: WebSocket | undefined;
  #drained: (() => void) | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<void> {
    this.#socket = new WebSocket(`ws+unix:${this.#path}:/`);
    receive(this.#socket, ({ event, data }) => this.#listeners.deliver(event, data));
    await once(this.#socket, "open");
  }

  async disconnect(): Promise<void> {
    const closed = once(this.#connected, "close");
    this.#connected.close();
    await closed;
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    const socket = this.#connected;
    if (socket.bufferedAmount < highWaterMark) {
      send(socket, event, data);
      return true;
    }
    send(socket, event, data, () => {
      const drained = this.#drained;
      this.#drained = undefined;
      drained?.();
    });
    return false;
  }

  onceDrained(listener: () => void): void {
    this.#drained = listener;
  }

  get #connected(): WebSocket {
    if (this.#socket === undefined) throw new Error("not connected");
    return this.#socket;
  }
}

function send(socket: WebSocket, event: string, data: unknown, sent?: () => void): void {
  if (!Buffer.isBuffer(data)) {
    socket.send(JSON.stringify({ event, data } satisfies NamedMessage), sent);
    return;
  }
  socket.send(JSON.stringify({ event }));
  socket.send(data, sent);
}

function receive(socket: WebSocket, deliver: (message: NamedMessage) => void): void {
  let named = "";
  socket.on("message", (data: RawData, isBinary) => {
    if (isBinary) {
      deliver({ event: named, data });
      return;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-base-to-string -- a Buffer, as its other side sends it
    const message = JSON.parse(data.toString()) as NamedMessage;
    if ("data" in message) deliver(message);
    else named = (message as { event: string }).event;
  });
}
