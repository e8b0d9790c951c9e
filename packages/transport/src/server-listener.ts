import type { Server } from "node:net";
import type { Listener } from "./transport.ts";

/** A listener with nothing to give back but its server: a Windows pipe, an inherited socket. */
export class ServerListener implements Listener {
  readonly address: string;
  readonly #server: Server;
  #onClose: (() => void) | undefined;

  constructor(address: string, server: Server, onClose?: () => void) {
    this.address = address;
    this.#server = server;
    this.#onClose = onClose;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#onClose?.();
    this.#onClose = undefined;
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }
}
