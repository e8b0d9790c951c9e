import { once } from "node:events";
import type { Server, Socket } from "node:net";
import type { ClientEnd, Contender, ServerEnd } from "../contender.ts";

interface Message {
  event: string;
  data: unknown;
}

/** What carries the lines: a socket of node:net, or one of node:tls over it. */
export interface Carrier {
  listen(path: string, accept: (socket: Socket) => void): Server;
  dial(path: string): Socket;
  /** The event that says that a dialled socket is ready. */
  readonly ready: string;
}

/** What a competent developer writes by hand over a carrier, with no promises made. */
export function byHand(carrier: Carrier): Contender {
  return {
    cannot: { binary: "JSON lines carry no bytes" },

    async listen(path, serve) {
      const listeners = new Map<string, (data: unknown, peer: Socket) => void>();
      const end: ServerEnd<Socket> = {
        on(event, listener) {
          listeners.set(event, listener);
        },
        emit: send,
      };
      serve(end);
      const server = carrier.listen(path, (socket) => {
        receive(socket, ({ event, data }) => listeners.get(event)?.(data, socket));
      });
      await once(server, "listening");
    },

    async dial(path) {
      const socket = carrier.dial(path);
      await once(socket, carrier.ready);
      const listeners = new Map<string, (data: unknown) => void>();
      receive(socket, ({ event, data }) => listeners.get(event)?.(data));
      const end: ClientEnd = {
        on(event, listener) {
          listeners.set(event, listener);
        },
        emit: (event, data) => send(socket, event, data),
        onceDrained(listener) {
          socket.once("drain", listener);
        },
      };
      return end;
    },
  };
}

function send(socket: Socket, event: string, data: unknown): boolean {
  return socket.write(`${JSON.stringify({ event, data })}\n`);
}

function receive(socket: Socket, deliver: (message: Message) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
    for (const line of lines) deliver(JSON.parse(line) as Message);
  });
}
