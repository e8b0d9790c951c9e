import { once } from "node:events";
import type { Server as NetServer, Socket } from "node:net";
import type { Client, Contender, Server } from "../../contender.ts";
import { answersByHand, callsByHand } from "./calls-by-hand.ts";
import { ListenerMap, type NamedMessage } from "./listener-map.ts";

/** The carrier of the lines: a socket of node:net, or one of node:tls over it. */
export interface Carrier {
  listen(path: string, accept: (socket: Socket) => void): NetServer;
  dial(path: string): Socket;
  /** The event that says that a dialled socket is ready. */
  readonly ready: string;
}

/** A contender as a competent developer writes it by hand over a carrier, without any promises. */
export function byHand(carrier: Carrier): Contender {
  return {
    async listen(path, serve) {
      const listeners = new ListenerMap<[peer: Socket]>();
      const peers = new Set<Socket>();
      const events: Pick<Server<Socket>, "on" | "emit"> = {
        on: (event, listener) => listeners.on(event, listener),
        emit: send,
      };
      serve<Socket>({
        ...events,
        handle: answersByHand(events),
        broadcast(event, data) {
          const line = encode(event, data);
          for (const peer of peers) peer.write(line);
        },
      });
      const server = carrier.listen(path, (socket) => {
        peers.add(socket);
        socket.on("close", () => peers.delete(socket));
        // A client that ends while it is written to.
        socket.on("error", () => socket.destroy());
        receive(socket, ({ event, data }) => listeners.deliver(event, data, socket));
      });
      await once(server, "listening");
    },

    client: (path) => new ByHandClient(carrier, path),
  };
}

class ByHandClient implements Client {
  readonly #carrier: Carrier;
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  #socket: Socket | undefined;
  readonly invoke: Client["invoke"] = callsByHand(this);

  constructor(carrier: Carrier, path: string) {
    this.#carrier = carrier;
    this.#path = path;
  }

  async connect(): Promise<void> {
    const socket = this.#carrier.dial(this.#path);
    await once(socket, this.#carrier.ready);
    receive(socket, ({ event, data }) => this.#listeners.deliver(event, data));
    this.#socket = socket;
  }

  async disconnect(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.end();
    await once(socket, "close");
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    return this.#socket !== undefined && send(this.#socket, event, data);
  }

  onceDrained(listener: () => void): void {
    this.#socket?.once("drain", listener);
  }
}

function encode(event: string, data: unknown): string {
  return `${JSON.stringify({ event, data })}\n`;
}

function send(socket: Socket, event: string, data: unknown): boolean {
  return socket.write(encode(event, data));
}

function receive(socket: Socket, deliver: (message: NamedMessage) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
    for (const line of lines) deliver(JSON.parse(line) as NamedMessage);
  });
}
