import { Readable } from "node:stream";
import type { IPCClient, IPCServerSocket, IPCSocket } from "ipc-eventer";
import type { Library } from "../../baseline.ts";
import type { Client, Contender } from "../../contender.ts";
import { ListenerMap } from "./listener-map.ts";

/** A build of ipc-eventer with its default options, with or without a password. */
export function ipcEventer(
  { IPCClient, IPCServer }: Library,
  options: { password?: string },
): Contender {
  return {
    async listen(path, serve) {
      const server = new IPCServer(path, options);
      const listeners = new ListenerMap<[socket: IPCServerSocket]>();
      serve<IPCServerSocket>({
        on: (event, listener) => listeners.on(event, listener),
        emit: (socket, event, data) => void socket.emit(event, data),
        handle: (event, handler) => void server.handle(event, handler),
        broadcast: (event, data) => void server.to("all").emit(event, data),
      });
      server.on("connected", (socket: IPCServerSocket) => {
        socket.join("all");
        for (const [event, listener] of listeners) {
          socket.on(event, (data) => listener(data, socket));
        }
      });
      await server.start();
    },

    client: (path) => new EventerClient(new IPCClient(path, { ...options, name: "bench" })),
  };
}

class EventerClient implements Client {
  readonly #client: IPCClient;
  readonly #listeners = new ListenerMap<[]>();
  #socket: IPCSocket | undefined;

  constructor(client: IPCClient) {
    this.#client = client;
  }

  async connect(): Promise<void> {
    const socket = await this.#client.connect();
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
    this.#socket = socket;
  }

  async disconnect(): Promise<void> {
    await this.#client.disconnect();
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    this.on(event, listener);
    this.#connected.on(event, listener);
  }

  emit(event: string, data: unknown): boolean {
    return this.#connected.emit(event, data);
  }

  onceDrained(listener: () => void): void {
    this.#connected.once("drain", listener);
  }

  async invoke(event: string, data: unknown): Promise<unknown> {
    return this.#connected.invoke(event, data);
  }

  async invokeStream(event: string, bytes: Uint8Array): Promise<unknown> {
    const stream = Readable.from([bytes], { objectMode: false });
    return this.#connected.invoke(event, stream, { timeout: 0 });
  }

  get #connected(): IPCSocket {
    if (this.#socket === undefined) throw new Error("not connected");
    return this.#socket;
  }
}
