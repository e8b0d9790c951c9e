import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { onTestFinished } from "vitest";
import {
  IPCClient,
  type IPCClientOptions,
  IPCServer,
  type IPCServerOptions,
  type IPCServerSocket,
  type IPCSocket,
} from "../src/index.ts";
import { hear } from "./hear.ts";
import { RawPeer } from "./raw-peer.ts";

/** The name under which the servers and clients of a test meet. */
export const endpoint = "meet";

/** Both ends of one open session. */
export interface Pair {
  readonly client: IPCClient;
  /** The client's end. */
  readonly socket: IPCSocket;
  /** The server's end. */
  readonly remote: IPCServerSocket;
}

/**
 * A directory of a test's own, and the servers, clients and raw peers that meet in it. All of them
 * are ended after the test, and no file may be left then.
 */
export class TestPlace {
  /** Short, as the paths of sockets must be. */
  readonly directory: string = mkdtempSync("/tmp/ipc-");
  readonly #ends: (() => Promise<void> | void)[] = [];

  constructor() {
    onTestFinished(async () => {
      for (const end of this.#ends.toReversed()) await end();
      // The secret that proves client ids outlasts the servers.
      const left = readdirSync(this.directory).filter((name) => name !== ".ipc-eventer-ids");
      rmSync(this.directory, { recursive: true });
      if (left.length > 0) throw new Error(`Left behind: ${left.join(", ")}`);
    });
  }

  /** Do something at the end of the test, before all that was made earlier is ended. */
  finally(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  /** A server of this place, not started. */
  server(options: IPCServerOptions = {}): IPCServer {
    const server = new IPCServer(endpoint, { directory: this.directory, ...options });
    this.finally(() => server.stop());
    return server;
  }

  /** A server of this place that listens. */
  async serve(options: IPCServerOptions = {}): Promise<IPCServer> {
    const server = this.server(options);
    await server.start();
    return server;
  }

  /** A client of this place, not connected. */
  client(options: IPCClientOptions = {}): IPCClient {
    const client = new IPCClient(endpoint, { directory: this.directory, ...options });
    this.finally(() => client.disconnect());
    return client;
  }

  /** Connect a client and take the server's end of it. */
  async pair(server: IPCServer, options: IPCClientOptions = {}): Promise<Pair> {
    const client = this.client(options);
    const connected = hear(server, "connected");
    const socket = await client.connect();
    return { client, socket, remote: (await connected) as IPCServerSocket };
  }

  /** A connection without the library to the socket that a server listens on. */
  async rawPeer(server: IPCServer): Promise<RawPeer> {
    const peer = await RawPeer.connect(server.address ?? "");
    this.finally(() => peer.destroy());
    return peer;
  }

  /** Open a session without the library, and take the server's end of it. */
  async rawPair(
    server: IPCServer,
    first?: string,
  ): Promise<{ readonly peer: RawPeer; readonly remote: IPCServerSocket }> {
    const peer = await this.rawPeer(server);
    const connected = hear(server, "connected");
    await peer.open(first);
    return { peer, remote: (await connected) as IPCServerSocket };
  }
}
