import type { IPCModule } from "node-ipc";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Client, Contender, Server } from "../../contender.ts";
import { answersByHand, callsByHand } from "./calls-by-hand.ts";
import { ListenerMap } from "./listener-map.ts";

/** Any node-ipc as a contender, with its default parser and its logging switched off. */
export function nodeIpcFamily(ipc: IPCModule): Contender {
  ipc.config.silent = true;
  // Its default is 100.
  ipc.config.maxConnections = 20_000;
  let clients = 0;
  return {
    async listen(path, serve) {
      await new Promise<void>((started) => {
        ipc.serve(path, started);
        const events: Pick<Server<Socket>, "on" | "emit"> = {
          on: (event, listener) => ipc.server.on(event, listener),
          emit: (socket, event, data) => void ipc.server.emit(socket, event, data),
        };
        serve<Socket>({
          ...events,
          handle: answersByHand(events),
          broadcast: (event, data) => ipc.server.broadcast(event, data),
        });
        ipc.server.start();
      });
    },

    client(path) {
      clients += 1;
      return new NodeIpcClient(ipc, `bench-${clients}`, path);
    },
  };
}

class NodeIpcClient implements Client {
  readonly #ipc: IPCModule;
  readonly #id: string;
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  readonly invoke: Client["invoke"] = callsByHand(this);
  #client: IPCModule["of"][string] | undefined;

  constructor(ipc: IPCModule, id: string, path: string) {
    this.#ipc = ipc;
    this.#id = id;
    this.#path = path;
  }

  async connect(): Promise<void> {
    this.#client = await new Promise((connected, failed) => {
      this.#ipc.connectTo(this.#id, this.#path, () => {
        const created = this.#ipc.of[this.#id];
        for (const [event, listener] of this.#listeners) created?.on(event, listener);
        created?.on("connect", () => connected(created));
        created?.on("error", failed);
      });
    });
  }

  async disconnect(): Promise<void> {
    const socket = this.#connected.socket;
    const closed = once(socket, "close");
    this.#ipc.disconnect(this.#id);
    await closed;
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
    this.#connected.on(event, listener);
  }

  // The fork of node-ipc 10 answers nothing: it has no backpressure to respect.
  emit(event: string, data: unknown): boolean {
    return this.#connected.emit(event, data) !== false;
  }

  onceDrained(listener: () => void): void {
    this.#connected.socket.once("drain", listener);
  }

  get #connected(): IPCModule["of"][string] {
    if (this.#client === undefined) throw new Error("not connected");
    return this.#client;
  }
}
