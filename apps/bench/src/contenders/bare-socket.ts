import { once } from "node:events";
import type { Socket } from "node:net";
import type { Client, Entry } from "../contender.ts";

const reason = "carries bytes, not events";

/** Connections of node:net that nothing was added to: what an idle client costs at the least. */
export const entry: Entry = {
  name: "bare socket",
  kind: "reference",
  imports: [],
  cannot: { events: reason, calls: reason, binary: reason, broadcast: reason },
  async load() {
    const { connect, createServer } = await import("node:net");
    return {
      async listen(path) {
        const peers = new Set<Socket>();
        const server = createServer((socket) => {
          peers.add(socket);
          socket.on("close", () => peers.delete(socket));
          socket.on("error", () => socket.destroy());
          socket.resume();
        });
        server.listen(path);
        await once(server, "listening");
      },
      client: (path) => client(() => connect(path)),
    };
  },
};

function cannot(): never {
  throw new Error(reason);
}

function client(dial: () => Socket): Client {
  let socket: Socket | undefined;
  return {
    async connect() {
      socket = dial();
      await once(socket, "connect");
      socket.resume();
    },
    async disconnect() {
      socket?.destroy();
    },
    on: () => {},
    hear: cannot,
    emit: cannot,
    onceDrained: cannot,
    invoke: cannot,
  };
}
