import { once } from "node:events";
import type { Connection, ConnectionHandler, Transport } from "@ipc/transport";
import { createMemoryTransport } from "@ipc/transport/testing";
import { describe, expect, it } from "vitest";
import { IPCClient, IPCServer, type IPCSocket } from "../src/index.ts";
import { type FaultyPair, faultyPair } from "./faulty-pair.ts";

/** A pair whose client dials, with a session that waits for a connection. */
async function dialing(): Promise<FaultyPair> {
  const pair = await faultyPair();
  const held = pair.holdDials();
  pair.faults.cut();
  await held;
  return pair;
}

/** A pair whose client waits for its next attempt, with a session that waits for a connection. */
async function waiting(): Promise<FaultyPair> {
  const pair = await faultyPair({}, { reconnectInterval: 60_000, reconnectMaxInterval: 60_000 });
  const failed = once(pair.client, "error");
  pair.faults.refuse("ECONNREFUSED");
  pair.faults.cut();
  await failed;
  pair.faults.accept();
  return pair;
}

describe.each([
  ["dials", dialing],
  ["waits to dial", waiting],
])("disconnect() of a client that %s for a session without a connection", (_, begin) => {
  it("leaves a connect() that a listener of its end calls to itself", async () => {
    const { client, letDial } = await begin();
    let anew: Promise<IPCSocket> | undefined;
    client.once("disconnected", () => {
      anew = client.connect();
    });
    await client.disconnect();
    letDial();
    const socket = await anew;
    expect([client.socket, client.connected]).toEqual([socket, true]);
  });

  it("holds when it is called again", async () => {
    const { client, server, transport, letDial } = await begin();
    let anew: Promise<unknown> | undefined;
    client.once("disconnected", () => {
      anew = client.connect().catch((error: { code: string }) => error.code);
    });
    await client.disconnect();
    await client.disconnect();
    letDial();
    await expect(anew).resolves.toBe("IPC_CLOSED");
    expect(client.connected).toBe(false);
    // Of the attempt that was given up, nothing is left at the server.
    const other = new IPCClient("pair", { transport });
    await other.connect();
    const present = server.sockets.filter(({ connected }) => connected);
    expect(present.map(({ id }) => id)).toEqual([other.socket?.id]);
    await other.disconnect();
  });
});

describe("disconnect() of a listener, behind whose event the connection is gone", () => {
  it("ends the session, and the client does not dial again", async () => {
    const inner = createMemoryTransport();
    const server = new IPCServer("gone", { transport: inner });
    await server.start();
    server.on("connected", (socket) => void socket.emit("go"));
    const transport = cutBehind("go", inner);
    const client = new IPCClient("gone", { transport, reconnect: true });
    const news: string[] = [];
    for (const name of ["connect", "disconnect", "disconnected"]) {
      client.on(name, () => news.push(name));
    }
    const left = new Promise<void>((resolve) => {
      client.on("go", () => resolve(client.disconnect()));
    });
    await client.connect();
    await left;
    expect(news).toEqual(["connect", "disconnect", "disconnected"]);
    expect([client.connected, client.socket]).toEqual([false, undefined]);
    expect(transport.dials).toBe(1);
    await server.stop();
  });
});

describe("disconnect() of a listener that hears that the session goes on", () => {
  it("is not undone, and connect() is fulfilled all the same", async () => {
    const { client, socket, letDial } = await dialing();
    const connected = client.connect();
    const left = new Promise<void>((resolve) => {
      client.once("connect", () => resolve(client.disconnect()));
    });
    letDial();
    await expect(connected).resolves.toBe(socket);
    await left;
    expect([client.socket, socket.closed]).toEqual([undefined, true]);
  });
});

describe("an attempt that fails for good, with a session that waits for it", () => {
  it("ends the session before it is told, and leaves a new connect() to itself", async () => {
    const { client, server, letDial } = await dialing();
    const news: unknown[] = [];
    let anew: Promise<IPCSocket> | undefined;
    client.once("disconnected", () => {
      news.push("disconnected");
      anew = client.connect();
    });
    client.on("error", ({ code }: Error & { code?: string }) => news.push([code, client.socket]));
    // The server sends the client away, which does not know yet.
    server.sockets[0]?.disconnect();
    letDial();
    await expect.poll(() => news.length).toBeGreaterThanOrEqual(2);
    expect(news.slice(0, 2)).toEqual(["disconnected", ["IPC_REFUSED_BY_SERVER", undefined]]);
    const socket = await anew;
    expect([client.socket, client.connected]).toEqual([socket, true]);
  });
});

/** A carrier whose first connection is gone in the turn in which a word arrives. */
function cutBehind(word: string, inner: Transport): Transport & { dials: number } {
  const cutting = {
    ...inner,
    dials: 0,
    dial: async (...values: Parameters<Transport["dial"]>): Promise<Connection> => {
      const connection = await inner.dial(...values);
      if (cutting.dials++ > 0) return connection;
      const attach = connection.attach.bind(connection);
      connection.attach = (handler) => attach(new Cutter(word, connection, handler));
      return connection;
    },
  };
  return cutting;
}

class Cutter implements ConnectionHandler {
  readonly #word: string;
  readonly #connection: Connection;
  readonly #handler: ConnectionHandler;
  #isOver = false;

  constructor(word: string, connection: Connection, handler: ConnectionHandler) {
    this.#word = word;
    this.#connection = connection;
    this.#handler = handler;
  }

  handleChunk(chunk: Uint8Array): void {
    const has = Buffer.from(chunk).includes(this.#word);
    this.#handler.handleChunk(chunk);
    if (!has) return;
    process.nextTick(() => {
      this.#isOver = true;
      this.#handler.handleClose(new Error("gone"));
      this.#connection.abort();
    });
  }

  handleDrain(): void {
    this.#handler.handleDrain();
  }

  handleClose(error: Error | undefined): void {
    if (!this.#isOver) this.#handler.handleClose(error);
  }
}
