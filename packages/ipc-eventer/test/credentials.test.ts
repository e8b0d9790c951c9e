import type { Faults } from "@ipc/transport/testing";
import { describe, expect, it } from "vitest";
import type { IPCClient } from "../src/index.ts";
import { type FaultyPair, faultyPair } from "./faulty-pair.ts";
import { hear } from "./hear.ts";

const [one, two] = ["correct horse", "battery staple"];

/** A session under a password whose connection is cut; `refuse` lets no other be made. */
async function parkedPair(window = 60_000): Promise<FaultyPair & { readonly heard: unknown[] }> {
  const pair = await faultyPair({ password: one, recoveryWindow: window }, { password: one });
  const heard: unknown[] = [];
  pair.server.on("n", (n) => heard.push(n));
  pair.client.on("error", () => undefined);
  pair.faults.refuse("ECONNREFUSED");
  const gone = Promise.all([hear(pair.client, "disconnect"), hear(pair.server, "disconnect")]);
  pair.faults.cut();
  await gone;
  return { ...pair, heard };
}

/** Let a client connect again, and have all that it sends be heard. */
async function comeBack(faults: Faults, client: IPCClient): Promise<void> {
  const again = hear(client, "connected");
  faults.accept();
  await again;
  await client.socket?.flush();
}

const changes: readonly [string, (endpoint: Changeable) => unknown][] = [
  ["cleared", (endpoint) => endpoint.clearEncryption()],
  ["changed", (endpoint) => endpoint.setEncryption(two)],
];

interface Changeable {
  setEncryption(password: string): Promise<void>;
  clearEncryption(): void;
}

describe.each(changes)("what was emitted under a password that is %s then", (_, change) => {
  it("is lost with the parked session, and is told to be unsent", async () => {
    const { faults, server, client, socket, heard } = await parkedPair();
    socket.emit("n", "secret");
    socket.emit("n", "newest", { conflate: "key" });
    const failed = socket.invoke("n", "asked").catch((error: unknown) => error);
    const lost = hear(client, "lost");
    await change(client);
    await expect(failed).resolves.toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "not sent" },
    });
    await expect(lost).resolves.toMatchObject({
      unsent: [
        { event: "n", data: "secret" },
        { event: "n", data: "newest" },
      ],
      unconfirmed: [],
    });
    expect([socket.closed, socket.emit("n", "late")]).toEqual([true, false]);
    await change(server);
    await comeBack(faults, client);
    expect(heard).toEqual([]);
  });

  it("is not carried into a session of the other kind", async () => {
    const { faults, server, client, socket, heard } = await parkedPair(50);
    socket.emit("n", "secret");
    const told: unknown[] = [];
    client.on("lost", ({ unsent }) => told.push(unsent));
    await hear(client, "disconnected");
    // It waits for the next session, which is to carry it.
    expect(told).toEqual([]);
    const lost = hear(client, "lost");
    await change(client);
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "n", data: "secret" }] });
    await change(server);
    await comeBack(faults, client);
    expect(heard).toEqual([]);
  });

  it("leaves over its own connection, and is lost with that", async () => {
    const { faults, server, client, socket } = await faultyPair(
      { password: one },
      { password: one },
    );
    const heard: unknown[] = [];
    server.on("n", (n) => heard.push(n));
    client.on("error", () => undefined);
    await Promise.all([change(client), change(server)]);
    socket.emit("n", 1);
    await socket.flush();
    expect(heard).toEqual([1]);
    const over = Promise.all([hear(client, "disconnected"), hear(server, "disconnected")]);
    const next = hear(client, "connected");
    faults.cut();
    await over;
    const [formerly, now] = [socket.id, await next] as const;
    expect(client.socket).toBe(now);
    // Nor is an id said under another credential than it was given under.
    expect(client.socket?.id).not.toBe(formerly);
  });

  it("is lost with the server's parked session too, and is told there", async () => {
    const { server, remote } = await parkedPair();
    remote.emit("n", "secret");
    const lost = hear(server, "lost");
    await change(server);
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "n", data: "secret" }] });
    expect(server.sockets).toEqual([]);
  });
});

describe("the same password, given again", () => {
  it("is no change: the session goes on", async () => {
    const { faults, client, server, socket, heard } = await parkedPair();
    socket.emit("n", 1);
    await Promise.all([client.setEncryption(one), server.setEncryption(one)]);
    const back = hear(client, "connect");
    faults.accept();
    await expect(back).resolves.toEqual({ recovered: true });
    await socket.flush();
    expect(heard).toEqual([1]);
  });
});
