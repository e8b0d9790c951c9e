import type { IPCModule } from "node-ipc";
import type { Socket } from "node:net";
import type { ClientEnd, Contender, ServerEnd } from "../contender.ts";

/** Any node-ipc as a contender, with its default parser and its logging switched off. */
export function nodeIpcFamily(ipc: IPCModule): Contender {
  ipc.config.silent = true;
  return {
    cannot: { binary: "a Buffer arrives as numbers in JSON; the raw parser has no events" },

    async listen(path, serve) {
      await new Promise<void>((started) => {
        ipc.serve(path, started);
        const end: ServerEnd<Socket> = {
          on(event, listener) {
            ipc.server.on(event, listener);
          },
          emit(socket, event, data) {
            ipc.server.emit(socket, event, data);
          },
        };
        serve(end);
        ipc.server.start();
      });
    },

    async dial(path) {
      const client = await new Promise<IPCModule["of"][string]>((connected, failed) => {
        ipc.connectTo("bench", path, () => {
          const created = ipc.of["bench"];
          created?.on("connect", () => connected(created));
          created?.on("error", failed);
        });
      });
      const end: ClientEnd = {
        on(event, listener) {
          client.on(event, listener);
        },
        // The fork of node-ipc 10 answers nothing: it has no backpressure to respect.
        emit: (event, data) => client.emit(event, data) !== false,
        onceDrained(listener) {
          client.socket.once("drain", listener);
        },
      };
      return end;
    },
  };
}
