// node-ipc ships no types: these are the members of its documented API that are used here.

declare module "node-ipc" {
  import type { Socket } from "node:net";

  export class IPCModule {
    readonly config: { silent: boolean; maxConnections: number };
    readonly of: Record<string, Client>;
    readonly server: Server;
    serve(path: string, started: () => void): void;
    connectTo(id: string, path: string, created: () => void): void;
    disconnect(id: string): void;
  }

  interface Server {
    start(): void;
    on(event: string, listener: (data: unknown, socket: Socket) => void): void;
    emit(socket: Socket, event: string, data: unknown): boolean | undefined;
    broadcast(event: string, data: unknown): void;
  }

  interface Client {
    readonly socket: Socket;
    on(event: string, listener: (data: unknown) => void): void;
    emit(event: string, data: unknown): boolean | undefined;
  }
}

declare module "@achrinza/node-ipc" {
  export { IPCModule } from "node-ipc";
}
