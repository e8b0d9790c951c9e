import { IPCSocket, type SocketInit } from "./ipc-socket.ts";

/** What the library gives a server's socket when it makes one. */
export interface ServerSocketInit extends SocketInit {
  readonly broadcast: (except: IPCServerSocket, event: string, data: unknown) => void;
}

/** The server's end of a session with one client. */
export class IPCServerSocket extends IPCSocket {
  readonly #broadcast: ServerSocketInit["broadcast"];

  /** Sockets are made by the server. */
  constructor(init: ServerSocketInit) {
    super(init);
    this.#broadcast = init.broadcast;
  }

  /** Send an event to all clients but this one. Throws as `emit` does. */
  broadcast(event: string, data?: unknown): void {
    this.#broadcast(this, event, data);
  }
}
