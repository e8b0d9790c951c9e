import { IPCClient, IPCServer, type IPCServerSocket } from "ipc-eventer";
import type { ClientEnd, Contender, ServerEnd } from "../contender.ts";

/** ipc-eventer with its default options, with or without a password. */
export function ipcEventer(options: { password?: string } = {}): Contender {
  return {
    cannot: {},

    async listen(path, serve) {
      const server = new IPCServer(path, options);
      const listeners: [string, (data: unknown, socket: IPCServerSocket) => void][] = [];
      const end: ServerEnd<IPCServerSocket> = {
        on(event, listener) {
          listeners.push([event, listener]);
        },
        emit(socket, event, data) {
          socket.emit(event, data);
        },
      };
      serve(end);
      server.on("connected", (socket: IPCServerSocket) => {
        for (const [event, listener] of listeners) {
          socket.on(event, (data) => listener(data, socket));
        }
      });
      await server.start();
    },

    async dial(path) {
      const socket = await new IPCClient(path, { ...options, name: "bench" }).connect();
      const end: ClientEnd = {
        on(event, listener) {
          socket.on(event, listener);
        },
        emit: (event, data) => socket.emit(event, data),
        onceDrained(listener) {
          socket.once("drain", listener);
        },
      };
      return end;
    },
  };
}
