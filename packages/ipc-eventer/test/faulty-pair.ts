import type { Transport } from "@ipc/transport";
import { createFaults, createMemoryTransport, type Faults } from "@ipc/transport/testing";
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

/** Both ends of one open session over a carrier in memory. */
export interface FaultyPair {
  readonly faults: Faults;
  readonly transport: Transport;
  readonly server: IPCServer;
  readonly client: IPCClient;
  readonly socket: IPCSocket;
  readonly remote: IPCServerSocket;
  /** The client's dials wait until `letDial`. Fulfilled when one waits. */
  readonly holdDials: () => Promise<void>;
  readonly letDial: () => void;
}

/** A server and a client that reconnects, whose connections can be cut. Both are ended after the test. */
export async function faultyPair(
  serverOptions: IPCServerOptions = {},
  clientOptions: IPCClientOptions = {},
): Promise<FaultyPair> {
  const faults = createFaults();
  const transport = createMemoryTransport({ faults });
  const dials = new Dials(transport);
  const server = new IPCServer("pair", { transport, ...serverOptions });
  await server.start();
  const client = new IPCClient("pair", {
    transport: dials.transport,
    reconnect: true,
    reconnectInterval: 20,
    ...clientOptions,
  });
  onTestFinished(async () => {
    faults.accept();
    dials.release();
    await Promise.all([client.disconnect(), server.stop()]);
  });
  const arrived = hear(server, "connected");
  const socket = await client.connect();
  const remote = (await arrived) as IPCServerSocket;
  const [holdDials, letDial] = [() => dials.hold(), () => dials.release()];
  return { faults, transport, server, client, socket, remote, holdDials, letDial };
}

class Dials {
  readonly transport: Transport;
  #open: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #held: () => void = () => undefined;

  constructor(inner: Transport) {
    this.transport = {
      ...inner,
      dial: async (...values) => {
        this.#held();
        await this.#open;
        return inner.dial(...values);
      },
    };
  }

  hold(): Promise<void> {
    this.#open = new Promise((resolve) => {
      this.#release = resolve;
    });
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  release(): void {
    this.#release();
  }
}
