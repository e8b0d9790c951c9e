import type { SessionEnd } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import type { IPCClient } from "../src/index.ts";
import { faultyPair } from "./faulty-pair.ts";
import { hear } from "./hear.ts";

/** The events of a client about its session from now on, and how often it has begun one. */
function newsOf(client: IPCClient): unknown[] {
  const news: unknown[] = [];
  client.on("connected", () => news.push("connected"));
  client.on("kicked", (what) => news.push(what));
  client.on("lost", ({ unsent, unconfirmed }) => news.push({ unsent, unconfirmed }));
  client.on("disconnected", (_, { reason, byPeer }: SessionEnd) => news.push([reason, byPeer]));
  return news;
}

describe("a client that is kicked while its session waits for a connection", () => {
  it("hears of it when it comes back, knows what had arrived, and stays away", async () => {
    const { faults, server, client, socket, remote } = await faultyPair();
    const news = newsOf(client);
    const heard = hear(server, "n");
    socket.emit("n", 1);
    await heard;
    // It has been heard, and not acknowledged yet.
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await Promise.all([hear(server, "disconnect"), hear(client, "disconnect")]);
    socket.emit("n", 2);
    const over = hear(server, "disconnected");
    expect(server.disconnectClient(remote.id, "out")).toBe(true);
    await over;
    expect(server.sockets).toEqual([]);
    const gone = hear(client, "disconnected");
    faults.accept();
    await gone;
    expect(news).toEqual([
      { unsent: [{ event: "n", data: 2 }], unconfirmed: [] },
      { reason: "out" },
      ["kicked", true],
    ]);
    expect([client.socket, server.sockets]).toEqual([undefined, []]);
    await client.connect();
    expect(news.at(-1)).toBe("connected");
  });

  it("hears of it too if the connection breaks before the goodbye arrives", async () => {
    const { faults, client, remote } = await faultyPair({ closeTimeout: 60_000 });
    const news = newsOf(client);
    const kicked = hear(client, "kicked");
    faults.stall("toClient");
    remote.disconnect("out");
    // The bye is on its way when the connection is cut.
    await new Promise((resolve) => setImmediate(resolve));
    faults.clear();
    faults.cut();
    await expect(kicked).resolves.toEqual({ reason: "out" });
    await expect.poll(() => news.length).toBe(2);
    expect(news.at(-1)).toEqual(["kicked", true]);
  });
});
