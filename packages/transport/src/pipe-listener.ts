import type { Server } from "node:net";
import { startServer } from "./start-server.ts";
import { systemError } from "./system-error.ts";
import type { Acceptor, Listener, ListenOptions } from "./transport.ts";

/** A served Windows pipe. The system lets one process create it, and removes it with the process. */
export class PipeListener implements Listener {
  readonly address: string;
  readonly #server: Server;

  private constructor(address: string, server: Server) {
    this.address = address;
    this.#server = server;
  }

  static async listen(
    path: string,
    acceptor: Acceptor,
    options: ListenOptions,
  ): Promise<PipeListener> {
    try {
      return new PipeListener(path, await startServer(path, path, acceptor, options));
    } catch (error) {
      throw systemError("listen on", path, error);
    }
  }

  async close(): Promise<void> {
    this.#server.close();
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }
}
