import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { ClientEnd, Contender, ServerEnd } from "../contender.ts";

interface Message {
  event: string;
  data: unknown;
}

/** The floor: what a competent developer writes by hand over node:net, with no promises made. */
export const floor: Contender = {
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
    const server = createServer((socket) => {
      receive(socket, ({ event, data }) => listeners.get(event)?.(data, socket));
    });
    server.listen(path);
    await once(server, "listening");
  },

  async dial(path) {
    const socket = connect(path);
    await once(socket, "connect");
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
