import { once } from "node:events";
import { Client as NetIpcLibraryClient, Server as NetIpcServer, type Connection } from "net-ipc";
import type { Client, Contender } from "../../contender.ts";
import { ListenerMap, type NamedMessage } from "./listener-map.ts";

/** net-ipc, with events as named messages and its own requests. */
export function netIpc(options: { messagepack: boolean }): Contender {
  return {
    async listen(path, serve) {
      const server = new NetIpcServer({ path });
      const listeners = new ListenerMap<[peer: Connection]>();
      const handlers = new Map<string, (data: unknown) => unknown>();
      serve<Connection>({
        on: (event, listener) => listeners.on(event, listener),
        emit: (peer, event, data) => void peer.send({ event, data } satisfies NamedMessage),
        handle: (event, handler) => void handlers.set(event, handler),
        broadcast: (event, data) => void server.broadcast({ event, data } satisfies NamedMessage),
      });
      server.on("message", ({ event, data }: NamedMessage, peer) => {
        listeners.deliver(event, data, peer);
      });
      server.on("request", ({ event, data }: NamedMessage, respond) => {
        void respond(handlers.get(event)?.(data));
      });
      await server.start();
    },

    client: (path) =>
      new NetIpcClient(() => new NetIpcLibraryClient({ path, reconnect: false, ...options })),
  };
}

class NetIpcClient implements Client {
  readonly #make: () => NetIpcLibraryClient;
  readonly #listeners = new ListenerMap<[]>();
  #client: NetIpcLibraryClient;

  constructor(make: () => NetIpcLibraryClient) {
    this.#make = make;
    this.#client = make();
  }

  async connect(): Promise<void> {
    this.#client = this.#make();
    this.#client.on("message", ({ event, data }: NamedMessage) => {
      this.#listeners.deliver(event, data);
    });
    await this.#client.connect();
  }

  async disconnect(): Promise<void> {
    const closed = once(this.#client, "close");
    // `close` never resolves once a queue was full: half of the waits for `drain` are lost.
    this.#client.destroy();
    await closed;
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    this.#client.send({ event, data } satisfies NamedMessage).catch(() => {});
    return !this.#client.connection.writableNeedDrain;
  }

  onceDrained(listener: () => void): void {
    this.#client.connection.once("drain", listener);
  }

  async invoke(event: string, data: unknown): Promise<unknown> {
    return this.#client.request({ event, data } satisfies NamedMessage);
  }
}
