import { createFaults, createMemoryTransport, type Faults } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import {
  IPCClient,
  type IPCClientOptions,
  IPCServer,
  type IPCServerOptions,
} from "../src/index.ts";
import type { IPCServerSocket, IPCSocket } from "../src/index.ts";
import { hear } from "./hear.ts";

interface Pair {
  readonly faults: Faults;
  readonly server: IPCServer;
  readonly client: IPCClient;
  readonly socket: IPCSocket;
  readonly remote: IPCServerSocket;
}

/** A server and a client that reconnects, over a carrier whose connections can be cut. */
async function pairUp(
  serverOptions: IPCServerOptions = {},
  clientOptions: IPCClientOptions = {},
): Promise<Pair> {
  const faults = createFaults();
  const transport = createMemoryTransport({ faults });
  const server = new IPCServer("recovery", { transport, ...serverOptions });
  await server.start();
  const client = new IPCClient("recovery", {
    transport,
    reconnect: true,
    reconnectInterval: 20,
    ...clientOptions,
  });
  const arrived = hear(server, "connected");
  const socket = await client.connect();
  const remote = (await arrived) as IPCServerSocket;
  return { faults, server, client, socket, remote };
}

describe.each([
  ["in plaintext", {}],
  ["with a password", { password: "correct horse" }],
])("a client that reconnects, %s", (_, options) => {
  it("keeps its session, its sockets and what was emitted meanwhile", async () => {
    const { faults, server, client, socket, remote } = await pairUp(options, options);
    const [heard, answered]: unknown[][] = [[], []];
    remote.on("n", (n) => heard?.push(n));
    socket.on("n", (n) => answered?.push(n));
    remote.join("room");
    remote.data["kept"] = true;
    socket.emit("n", 1);
    remote.emit("n", "a");
    const gone = hear(client, "disconnect");
    faults.cut();
    await expect(gone).resolves.toMatchObject({ reason: "peer-gone" });
    expect([socket.connected, socket.closed, client.connected]).toEqual([false, false, false]);
    socket.emit("n", 2);
    remote.emit("n", "b");
    server.to("room").emit("n", "c");
    await expect(hear(client, "connect")).resolves.toEqual({ recovered: true });
    await Promise.all([socket.flush(), remote.flush()]);
    expect(heard).toEqual([1, 2]);
    expect(answered).toEqual(["a", "b", "c"]);
    expect(client.socket).toBe(socket);
    expect(server.sockets).toEqual([remote]);
    expect(remote.data).toEqual({ kept: true });
    await Promise.all([client.disconnect(), server.stop()]);
  });

  it("has its calls answered once, whose connection is cut while they run", async () => {
    const { faults, client, server, socket, remote } = await pairUp(options, options);
    let runs = 0;
    let finish: ((value: string) => void) | undefined;
    remote.handle("slow", () => {
      runs++;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const reply = socket.invoke("slow");
    await expect.poll(() => runs).toBe(1);
    faults.cut();
    await hear(client, "disconnect");
    finish?.("done");
    await expect(reply).resolves.toBe("done");
    expect(runs).toBe(1);
    await Promise.all([client.disconnect(), server.stop()]);
  });
});

describe("a session that nobody takes up again", () => {
  it("ends when its window is over, and says what is not known to have arrived", async () => {
    const { faults, server, client, socket, remote } = await pairUp({ recoveryWindow: 100 });
    faults.refuse("ECONNREFUSED");
    const lost = hear(server, "lost");
    const over = hear(server, "disconnected");
    const overHere = hear(client, "disconnected");
    faults.cut();
    await hear(client, "disconnect");
    remote.emit("n", 1);
    socket.emit("n", 2);
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "n", data: 1 }] });
    await over;
    await overHere;
    expect([socket.closed, remote.closed]).toEqual([true, true]);
    const next = hear(server, "connected");
    faults.accept();
    const heard = hear((await next) as IPCSocket, "n");
    await expect(heard).resolves.toBe(2);
    await Promise.all([client.disconnect(), server.stop()]);
  });
});
